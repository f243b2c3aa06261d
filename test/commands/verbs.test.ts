import { expect, test } from "vitest";
import { allVerbs, verbNamed } from "../../src/commands/verbs.ts";

test("each verb is found under its name, and nothing under another", async () => {
  const verbs = await allVerbs();
  for (const verb of verbs) expect(await verbNamed(verb.name)).toBe(verb);
  expect(new Set(verbs.map(({ name }) => name)).size).toBe(verbs.length);
  for (const name of ["", "nosuch", "toString", "--help"]) expect(await verbNamed(name)).toBeUndefined();
});
