// What kind of size a table shows, in one sentence for each: a reader with DevTools open must know which is which.

/** Under shallow sizes. */
export const SHALLOW_SIZES = "shallow sizes as DevTools shows them for the same file";

/** Under shallow sizes with a raw one beside them. */
export const BOTH_SIZES: string = `${SHALLOW_SIZES}; raw sizes as V8 wrote them, before tables and elements are added to the object that owns them`;

/** Under raw sizes. */
export const RAW_SIZES = "sizes as V8 wrote them: DevTools shows other ones, as it adds tables and elements to the object that owns them";
