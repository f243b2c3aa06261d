// The hunt on those fixtures that npm test leaves out.
import { vi } from "vitest";
import { HUNTED_OFTEN, leakTests } from "../cli/huntScenarios.ts";

vi.setConfig({ maxConcurrency: 2 });

leakTests((name) => !HUNTED_OFTEN.has(name));
