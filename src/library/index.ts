// The library's door: the same verbs as values.

export * from "./questions.ts";
export * from "./snapshot.ts";
export * from "./target.ts";
