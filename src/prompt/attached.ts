// What `attach`, `thread` and `process` say of the target that questions are about from then on.

import type { Session } from "../commands/session.ts";
import { costText } from "../report/captureText.ts";
import { type AttachedValue, attachedText } from "../report/processText.ts";
import type { CaptureCost } from "../target/target.ts";

export type Attached = AttachedValue & { readonly cost: CaptureCost };

/** The live target of the session, and what a snapshot of it will cost. */
export async function attachedValue(session: Session): Promise<Attached> {
  const { held, hunt } = await session.attach({ kind: "current" });
  const { heapUsed } = await held.memory();
  const { pid, worker, nodeVersion, command, host, port, openedByUs } = held.identity;
  const cost = await held.predict(session.previousCapture(hunt));
  session.toldCost(hunt);
  return { pid, worker, nodeVersion, command, host, port, openedByUs, shared: held.shared, heapUsed, cost };
}

export function attachedWithCost(value: Attached): string {
  return `${attachedText(value)}\n${costText(value.cost)}`;
}
