// The verbs of the debugger, in the order in which help lists them: the one table behind parsing, help and completion.

import type { Verb } from "../../commands/verb.ts";
import type { Debugging } from "../debugging.ts";
import { breakingVerbs } from "./breaking.ts";
import { lookingVerbs } from "./looking.ts";
import { movingVerbs } from "./moving.ts";

export function debugVerbs(debugging: Debugging): Verb[] {
  return [...movingVerbs(debugging), ...breakingVerbs(debugging), ...lookingVerbs(debugging)];
}
