// The matchers in a real Vitest; its other pools are among the long tests.
import { test, vi } from "vitest";
import { vitestIsRight } from "./inVitest.ts";

vi.setConfig({ testTimeout: 1_800_000 });

test("every verdict is right", (context) => vitestIsRight(context, "forks"));
