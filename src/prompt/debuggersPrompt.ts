// Everything that only a prompt needs, behind one door: `attach` and `run` load it when they open one, so that a question
// about a file does not pay for a debugger (some forty modules, a tenth of the start).

export { runProgram } from "../target/runProgram.ts";
export { Births } from "./births.ts";
export { converse } from "./converse.ts";
export { Debugging } from "./debugging.ts";
export { arrived } from "./early.ts";
export { followChildren } from "./follow.ts";
