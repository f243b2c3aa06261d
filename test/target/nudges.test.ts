import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Nudges } from "../../src/target/nudges.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function saying(isAwaiting: () => boolean): { nudges: Nudges; said: () => number } {
  let said = 0;
  const say = async (): Promise<void> => void said++;
  return { nudges: new Nudges(say, isAwaiting), said: () => said };
}

test("an answer that is awaited is nudged a few times, and no more", () => {
  const { nudges, said } = saying(() => true);
  nudges.begin();
  vi.advanceTimersByTime(3);
  expect(said()).toBe(2);
  vi.advanceTimersByTime(60_000);
  expect(said()).toBe(5);
  nudges.begin();
  vi.advanceTimersByTime(60_000);
  expect(said()).toBe(10);
});

test("nothing is said when the answer is there, and questions at once share their nudges", () => {
  let awaiting = false;
  const { nudges, said } = saying(() => awaiting);
  nudges.begin();
  vi.advanceTimersByTime(100);
  expect(said()).toBe(0);
  awaiting = true;
  for (let i = 0; i < 10; i++) nudges.begin();
  vi.advanceTimersByTime(60_000);
  expect(said()).toBe(5);
});

test("nothing is said after the end", () => {
  const { nudges, said } = saying(() => true);
  nudges.begin();
  vi.advanceTimersByTime(1);
  nudges.end();
  nudges.begin();
  vi.advanceTimersByTime(60_000);
  expect(said()).toBe(1);
});
