// Conditions that a user types.
import { expect, test } from "vitest";
import { isProperRoot, parsePredicate } from "../../src/analysis/predicates.ts";
import { LeakhuntError } from "../../src/errors.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { buildHeap } from "../builder/heap.ts";

const named: Record<string, number> = {};
const graph = buildHeap((h) => {
  const text = h.text("a, b");
  const add = (name: string, node: number): number => {
    named[name] = node;
    return node;
  };
  add("small", h.object("Session", { size: 40 }));
  add("big", h.object("Session", { size: 4000 }));
  add("huge", h.object("Request", { size: 3_000_000 }));
  add("list", h.global("list", h.list([named["small"] as number, named["big"] as number])));
  add("function", h.closure("handle"));
  add("text", text);
  add("module", h.moduleScope("file:///app/a.js", { huge: named["huge"] as number }));
  for (const name of ["shape", "alike"]) {
    const plain = add(name, h.object("Object"));
    h.property(plain, "id", text);
    h.property(plain, "user", text);
  }
  add("global", h.globalObject);
  add("odd", h.object("a/b"));
  add("regexp", h.node(NodeType.regexp, "x"));
});

/** Names of the objects above that meet the condition. */
function meeting(condition: string): string {
  const test = parsePredicate(condition);
  return Object.keys(named)
    .filter((name) => test(graph, named[name] as number))
    .join(" ");
}

const id = (name: string): number => graph.id(named[name] as number);

test.each<[condition: string, meets: string]>([
  ["Session", "small big"],
  [" Session ", "small big"],
  ["Session,Request", "small big huge"],
  ["Session & size>1kb", "big"],
  ["Session&!size>1kb", "small"],
  ["!Session & !Request & size>=4000", ""],
  ["/^Se|Req/", "small big huge"],
  ["/^session$/i", "small big"],
  ["!/./", ""],
  ["/a,b/", ""],
  ["Request, /s,t|^Ses/", "small big huge"],
  ["Session & /S,|^S/ & size<1kb", "small"],
  ["/a\\/b/", "odd"],
  ["a/b", "odd"],
  ["{id, user}", "shape alike"],
  ["!{id, user} & size=32 & object", "global odd regexp"],
  ["{id, user}, Request", "huge shape alike"],
  ["size>2.9MB", "huge"],
  ["size>=3m", "huge"],
  ["shallow = 3000000b", "huge"],
  ["retained>4kb", "huge list module global"],
  ["distance<=1", "global"],
  ["function", "function"],
  ["string", "text"],
  ["scope", "module"],
  ["module", "module"],
  ["collection", "list"],
  ["root", "module global"],
  ["Array", "list"],
  ["handle", "function"],
])("%s", (condition, meets) => {
  expect(meeting(condition)).toBe(meets);
});

test("by id", () => {
  expect(meeting(`@${id("big")}`)).toBe("big");
  expect(meeting(`@${id("big")},@${id("odd")}`)).toBe("big odd");
  expect(meeting("@999999")).toBe("");
});

test.each([
  ["", /an empty condition/],
  ["a,,b", /an empty condition/],
  ["a&", /an empty condition/],
  ["!", /an empty condition/],
  ["/(/", /not a regular expression/],
  ["/a/ii", /not a regular expression/],
  ["size>1.2.3", /not a number/],
  ["retained<.", /not a number/],
])("%j is refused", (condition, says) => {
  expect(() => parsePredicate(condition)).toThrow(LeakhuntError);
  try {
    parsePredicate(condition);
  } catch (error) {
    expect([(error as LeakhuntError).exitCode, (error as LeakhuntError).code]).toEqual([2, "USAGE"]);
    expect((error as LeakhuntError).message).toMatch(says);
  }
});

test("a proper root is where a path may begin", () => {
  expect(isProperRoot(graph, named["global"] as number)).toBe(true);
  expect(isProperRoot(graph, named["small"] as number)).toBe(false);
});
