import { expect, test } from "vitest";
import { fitForLayout, MAX_EDGES, MAX_NODES, shrinkPicture } from "../../src/report/shrink.ts";
import { dense, edge, grouped, node, picture, property, request } from "./samplePictures.ts";

test("a small picture is left alone", () => {
  expect(shrinkPicture(request, 17)).toBe(request);
});

test("targets stay, then the shortest path, then what is nearest", () => {
  const keys = (max: number): number[] => shrinkPicture(request, max).nodes.map((card) => card.key);
  expect(keys(1)).toEqual([0]);
  expect(keys(5)).toEqual([0, 1, 2, 3, 4]);
  expect(keys(8)).toEqual([0, 1, 2, 3, 4, 6, 10, 12]);
});

test("edges lead to cards that stay, and what is lost is counted", () => {
  const small = shrinkPicture(request, 5);
  expect(small.edges.map(({ from, to }) => [from, to])).toEqual([
    [4, 0],
    [3, 4],
    [2, 3],
    [1, 2],
  ]);
  expect(small.nodes[0]?.more).toBe(3);
  expect(small.notes).toEqual(["only 5 of 17 cards drawn, to keep the picture readable"]);
});

test("a lost group counts with all its objects, in the box when there is one", () => {
  expect(shrinkPicture(grouped, 4).more[0]?.count).toBe(1234 + 1500 + 4);
});

test("never fewer than the targets; an unreachable card goes first", () => {
  const two = picture(
    [
      node(0, "object", "Far"),
      node(1, "object", "A", { isTarget: true }),
      node(2, "object", "B", { isTarget: true }),
      node(3, "object", "Near"),
    ],
    [edge(3, 1, property("a"))],
  );
  expect(shrinkPicture(two, 1).nodes.map((card) => card.key)).toEqual([1, 2]);
  expect(shrinkPicture(two, 3).nodes.map((card) => card.key)).toEqual([1, 2, 3]);
});

test("the layout is spared what it cannot do", () => {
  const fitted = fitForLayout(dense(900, 7));
  expect(fitted.nodes.length).toBeLessThanOrEqual(MAX_NODES);
  expect(fitted.edges.length).toBeLessThanOrEqual(MAX_EDGES);
  expect(fitted.notes).toHaveLength(1);
});
