// Verbs -> commander. The command line and the prompt parse the same words with the same rules, so both build
// their parser here. It never exits the process: a wrong word is a LeakhuntError like any other.

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { LeakhuntError, usage } from "../errors.ts";
import type { ArgumentSpec, OptionSpec, Options, Verb } from "./verb.ts";

export type RunVerb = (verb: Verb, args: readonly unknown[], options: Options) => Promise<unknown>;

export interface ProgramTexts {
  readonly name: string;
  readonly description: string;
  /** Where help goes. */
  readonly write: (text: string) => void;
}

/** A parser for these verbs. `run` is called with the verb, its arguments and its options. */
export function buildProgram(verbs: readonly Verb[], run: RunVerb, texts: ProgramTexts): Command {
  const program = quiet(new Command(texts.name), texts)
    .enablePositionalOptions()
    .description(texts.description)
    .helpCommand("help [verb]", "what a verb does");
  for (const verb of verbs) {
    const command = quiet(program.command(verb.name), texts).summary(verb.summary).description(verb.summary);
    if (verb.passesOn === true) command.passThroughOptions();
    for (const alias of verb.aliases ?? []) command.alias(alias);
    addArguments(command, verb.arguments);
    for (const option of [...verb.options, JSON_OPTION]) command.addOption(toOption(option));
    const indent =
      texts.name === "" ? (line: string): string => `  ${line.replace(/^leakhunt /, "")}` : (line: string): string => `  ${line}`;
    if (verb.examples.length > 0) command.addHelpText("after", `\nExamples:\n${verb.examples.map(indent).join("\n")}`);
    command.action((...given: unknown[]) => {
      const options = given[verb.arguments.length] as Options;
      return run(verb, given.slice(0, verb.arguments.length), options) as Promise<void>;
    });
  }
  return program;
}

/** What commander calls a program without a name; in the prompt a verb needs none before it. */
const NAMELESS = "program";

const JSON_OPTION: OptionSpec = { flags: "--json", help: "print values as JSON, one a line, with schemaVersion" };

function quiet(command: Command, { write }: ProgramTexts): Command {
  return command.exitOverride().configureOutput({ writeOut: write, writeErr: () => {} });
}

function addArguments(command: Command, specs: readonly ArgumentSpec[]): void {
  for (const spec of specs) command.argument(spec.name, spec.help);
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.help);
  const { parse } = spec;
  if (parse) {
    option.argParser((text: string, previous: unknown) => parse(text, previous));
  }
  if (spec.default !== undefined) option.default(spec.default);
  return option;
}

/**
 * Parses and runs words. Help that was asked for counts as success.
 * @throws LeakhuntError `USAGE` for words that make no sense.
 */
export async function runWords(program: Command, words: readonly string[]): Promise<void> {
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (error instanceof LeakhuntError) throw error;
    if (error instanceof InvalidArgumentError || error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === "commander.help") return;
      throw usage(
        error.message.replace(/^error: /, "").replace(/\n/g, " "),
        `\`${program.name() === NAMELESS ? "" : `${program.name()} `}help\` lists the verbs`,
      );
    }
    throw error;
  }
}
