import { vi } from "vitest";
import { HUNTED_OFTEN, healthyTests, leakTests, reportTest } from "./huntScenarios.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

leakTests((name) => HUNTED_OFTEN.has(name));
healthyTests();
reportTest();
