// Conditions of breakpoints. One that throws counts as false for V8, which tells nobody: the person who mistyped a name
// would wait for ever. So the condition catches its own exception and stops the target, which then stands still with the
// exception on its global object, until it is read and taken away: no code of the program can run in between.
import { usage } from "../errors.ts";
import { thrownText } from "./evaluate.ts";
import type { Inspector } from "./inspector.ts";
import { withPreview } from "./previews.ts";
import type { RawEvaluated } from "./protocol.ts";

const GROUP = "leakhunt-conditions";

/** V8 takes any text and never stops at one that is no expression; private names are left to V8, which knows the class. */
export function checkCondition(condition: string): void {
  try {
    if (!condition.includes("#")) new Function(`return (${condition}\n)`);
  } catch (error) {
    throw usage(`the condition ${JSON.stringify(condition)} is no expression: ${(error as Error).message}`);
  }
}

/** What V8 is asked in place of the condition of a breakpoint. */
export function stoppingIfItThrows(condition: string, number: number): string {
  return `try{!!(${condition}\n)}catch(e){${keptIn(number)}=[e];true}`;
}

/** Whether a condition holds in a frame; one that throws does. */
export async function holds(inspector: Inspector, condition: string, number: number, callFrameId: string): Promise<boolean> {
  const asked = { callFrameId, expression: stoppingIfItThrows(condition, number), returnByValue: true, silent: true };
  const { result } = (await inspector.send("Debugger.evaluateOnCallFrame", asked)) as unknown as RawEvaluated;
  return result.value === true;
}

/** What the condition of a breakpoint threw in this frame, as a line; undefined when it did not. Leaves nothing in the target. */
export async function failureOf(inspector: Inspector, number: number, callFrameId: string): Promise<string | undefined> {
  const kept = keptIn(number);
  const evaluate = async (expression: string): Promise<RawEvaluated> =>
    (await inspector.send("Debugger.evaluateOnCallFrame", {
      callFrameId,
      expression,
      objectGroup: GROUP,
      silent: true,
    })) as unknown as RawEvaluated;
  const taken = `(()=>{const kept=${kept};delete ${kept};return kept?.[0]})()`;
  try {
    // sent together: while a program stands still each answer comes some 40 ms late
    const [there, thrown] = await Promise.all([evaluate(`${kept}!==undefined`), evaluate(taken)]);
    return there.result.value === true ? thrownText(await withPreview(inspector, thrown.result, GROUP)) : undefined;
  } finally {
    await inspector.send("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  }
}

function keptIn(number: number): string {
  return `globalThis["leakhunt: breakpoint ${number}"]`;
}
