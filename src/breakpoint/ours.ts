// What leakhunt keeps in the program. The analyser takes it out of every heap before it counts, with whatever only it holds.

/** An object whose id tells whether V8 handed out its ids anew. */
export const sentinel: object = { leakhunt: "sentinel" };

/** The sentinel first. */
export const ours: object[] = [sentinel];

/** Leaves these objects, and what only they hold, out of every answer. */
export function keepOut(...objects: object[]): void {
  ours.push(...objects);
}
