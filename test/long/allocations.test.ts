// `hunt --allocations` on every Node.js that is alive: what stays is told from what does not, in code that V8 has optimised.
import { afterAll, beforeAll, expect, test } from "vitest";
import { leakhunt, lines, newHome, target } from "../support/leakhunt.ts";
import { INSTALL_MS, installNodes, nodeOfVersion, removeNodes, VERSIONS } from "../support/nodes.ts";

beforeAll(installNodes, INSTALL_MS);
afterAll(removeNodes);

for (const version of VERSIONS) {
  for (const how of ["sampling", "exact"]) {
    test(`Node ${version}, ${how}`, async (context) => {
      const it = await target(context, "two-places", { node: nodeOfVersion(version), step: false, env: { RATE: "200" } });
      const home = newHome(context);
      const args = ["hunt", String(it.pid), "--allocations", how, "--interval", "4s", "--rounds", "4", "--json"];
      const done = await leakhunt(home, args);
      expect(done.code, done.stderr).toBe(10);
      const [{ suspects }] = lines(done.stdout);
      expect(suspects[0].type).toBe("Ticket");
      const [site] = suspects[0].allocatedAt;
      expect(site.frames[0]).toMatchObject({ name: "file", location: expect.stringMatching(/typescript\/src\/two-places\.ts:28$/) });
      expect(site.frames[1].name).toBe("serve");
      expect((await it.stop()).code).toBe(0);
    });
  }
}
