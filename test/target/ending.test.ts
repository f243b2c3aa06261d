// Stubs, since what is tested is what must not be on the wire: on a real one it kills a target in 2 cases of 100.
import { expect, test, vi } from "vitest";
import { inspectorOver } from "../../src/target/cdpInspector.ts";
import { endInspector } from "../../src/target/ending.ts";

function wire(answer: (method: string, expression: string) => Promise<Record<string, unknown>>) {
  const sent: string[] = [];
  const listeners = new Map<string, (params: Record<string, unknown>) => void>();
  const client = {
    send: (method: string, params: { expression?: string } = {}) => {
      sent.push(params.expression ?? method);
      return answer(method, params.expression ?? "");
    },
    on: (event: string, handler: (params: Record<string, unknown>) => void) => void listeners.set(event, handler),
    off: () => {},
    close: async () => {},
  };
  const emit = (event: string): void => listeners.get(event)?.({});
  const inspector = inspectorOver(client, { pause: () => {}, resume: () => {} }, "closed");
  return { inspector, sent, emit };
}

const never = new Promise<never>(() => {});

test("nothing follows the request to close the inspector, not even what hurries a target at a stop", async () => {
  vi.useFakeTimers();
  const { inspector, sent, emit } = wire(async (_, expression) => (expression.includes("_debugEnd") ? never : { result: { value: 5.5 } }));
  emit("Debugger.paused");
  const ended = endInspector(inspector);
  await vi.advanceTimersByTimeAsync(0);
  await expect(inspector.send("Runtime.getIsolateId")).rejects.toMatchObject({ code: "TARGET_GONE" });
  inspector.sendLast("Runtime.getIsolateId");
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual(["process.uptime()", "process.uptime()<7.5&&process._debugEnd()"]);
  emit("disconnect");
  await ended;
  vi.useRealTimers();
});

test("a target that is too busy to answer is not left with a request that it would find while we leave", async () => {
  vi.useFakeTimers();
  const { inspector, sent } = wire(() => never);
  const ended = endInspector(inspector);
  await vi.advanceTimersByTimeAsync(10_000);
  await ended;
  expect(sent).toEqual(["process.uptime()"]);
  vi.useRealTimers();
});
