// Text of breakpoints: where they were asked for, and where V8 put them.

import { forTerminal } from "./escape.ts";
import { placeText } from "./places.ts";

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

interface BreakpointFacts {
  readonly number: number;
  readonly asked: Place;
  readonly places: readonly Place[];
  readonly condition: string | undefined;
}

const EXCEPTIONS = {
  none: "exceptions do not stop the program",
  uncaught: "exceptions that nobody catches stop the program",
  all: "every exception stops the program",
} as const;

export function breakpointsText(breakpoints: readonly BreakpointFacts[], exceptions: keyof typeof EXCEPTIONS | undefined): string {
  if (exceptions !== undefined) return EXCEPTIONS[exceptions];
  if (breakpoints.length === 0) return "no breakpoints (`break file:line` sets one)";
  return breakpoints.map(breakpointText).join("\n");
}

function breakpointText({ number, asked, places, condition }: BreakpointFacts): string {
  const where = places.length === 0 ? `${placeText(asked)}, waits for the file to be loaded` : places.map(placeText).join(", ");
  return forTerminal(`breakpoint ${number} at ${where}${condition === undefined ? "" : ` if ${condition}`}`, 400);
}
