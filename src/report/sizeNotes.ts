// What kind of size a table shows, in one sentence for each: a reader with DevTools open must know which is which.

/** Under shallow sizes. */
export const SHALLOW_SIZES = "shallow sizes as DevTools shows them: tables and elements are counted with the object that owns them";

/** Under raw sizes. */
export const RAW_SIZES = "sizes as V8 wrote them: DevTools shows other ones, as it adds tables and elements to the object that owns them";
