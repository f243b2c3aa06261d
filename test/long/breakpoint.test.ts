// leakhunt inside the program, on the other versions of Node.
import { afterAll, beforeAll, describe } from "vitest";
import { breakpointTests } from "../breakpoint/scenarios.ts";
import { INSTALL_MS, installNodes, nodeOfVersion, removeNodes, VERSIONS } from "../support/nodes.ts";

beforeAll(installNodes, INSTALL_MS);
afterAll(removeNodes);

for (const version of VERSIONS)
  describe(`Node ${version}`, () => breakpointTests(() => nodeOfVersion(version), { rounds: 20, kinds: ["cjs", "mjs"] }));
