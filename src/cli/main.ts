#!/usr/bin/env node
// `leakhunt`. All but the choice of the process that answers is loaded behind that choice.

import { answerInHugePages } from "./hugePages.ts";

const words = process.argv.slice(2);
process.exitCode = (await answerInHugePages(words)) ?? (await (await import("./commandLine.ts")).runCommandLine(words));
