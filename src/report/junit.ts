// A check as the XML that CI servers read (JUnit's: one suite, a case per assertion or suspect). Heap text in it is escaped, and
// what XML 1.0 cannot hold is written out.

import type { CheckResult } from "../analysis/checkResult.ts";
import type { Suspect } from "../analysis/hunt/result.ts";
import { assertedText } from "./checkText.ts";
import { forXml } from "./escape.ts";
import { suspectText } from "./huntText.ts";

type Outcome = { readonly kind: "failure" | "error"; readonly message: string; readonly text: string } | undefined;

interface Case {
  readonly name: string;
  readonly outcome: Outcome;
}

const NAME = 160;
const MESSAGE = 400;

/** The file's text. */
export function junitXml(result: CheckResult, at: Date): string {
  const cases = casesOf(result);
  const count = (kind: "failure" | "error"): number => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  const numbers = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}"`;
  const time = `time="${result.seconds.toFixed(3)}"`;
  const suite = `leakhunt check ${result.command}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="leakhunt" ${numbers} ${time}>`,
    `  <testsuite name="${forXml(suite, NAME)}" ${numbers} skipped="0" ${time} timestamp="${at.toISOString().slice(0, 19)}">`,
    ...cases.map((each) => caseXml(each, result)),
    ...(result.notes.length > 0 ? [`    <system-out>${bodyXml(result.notes.join("\n"))}</system-out>`] : []),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function casesOf(result: CheckResult): Case[] {
  const suspects = result.hunt?.suspects ?? [];
  if (result.verdict === "undecided")
    return [{ name: "no leak", outcome: { kind: "error", message: result.conclusion, text: result.conclusion } }];
  if (result.assertions.length > 0) {
    const evidence = suspects.map(suspectText).join("\n\n");
    return result.assertions.map((each): Case => {
      const message = assertedText(each);
      const text = evidence === "" ? message : `${message}\n\n${evidence}`;
      return { name: each.assertion, outcome: each.passed ? undefined : { kind: "failure", message, text } };
    });
  }
  if (result.verdict === "passed") return [{ name: "no leak", outcome: undefined }];
  if (suspects.length === 0)
    return [{ name: "no leak", outcome: { kind: "failure", message: result.conclusion, text: result.conclusion } }];
  return suspects.map((suspect) => ({
    name: nameOf(suspect),
    outcome: { kind: "failure", message: result.conclusion, text: suspectText(suspect) },
  }));
}

function nameOf({ type, holder, measure }: Suspect): string {
  return measure === "bytes" ? `${holder.name} does not grow` : `no ${type} gathers in ${holder.name}`;
}

function caseXml({ name, outcome }: Case, { seconds, command }: CheckResult): string {
  const head = `    <testcase classname="${forXml(`leakhunt.${command}`, NAME)}" name="${forXml(name, NAME)}" time="${seconds.toFixed(3)}"`;
  if (!outcome) return `${head}/>`;
  const { kind, message, text } = outcome;
  return `${head}>\n      <${kind} message="${forXml(message, MESSAGE)}" type="leak">${bodyXml(text)}</${kind}>\n    </testcase>`;
}

/** Lines stay lines. */
function bodyXml(text: string): string {
  return text
    .split("\n")
    .map((line) => forXml(line))
    .join("\n");
}
