// A smaller picture of the same thing, for when the whole cannot be laid out in time. What is dropped is counted on
// the cards that stay.

import type { MoreBox, Picture, PictureEdge, PictureNode } from "../analysis/picture.ts";
import { formatNoun } from "./units.ts";

/** More than this is not readable as a picture, and Graphviz slows down steeply. */
export const MAX_NODES = 300;
export const MAX_EDGES = 400;

/**
 * At most `maxNodes` cards (never fewer than the targets): targets first, then the shortest path, then the cards
 * nearest to a target. Dropped neighbours are added to `more` of the cards that lose them, and a note says how many
 * cards there were. Returns the same picture when it is small enough.
 */
export function shrinkPicture(picture: Picture, maxNodes: number): Picture {
  const targets = picture.nodes.filter((node) => node.isTarget).length;
  const room = Math.max(maxNodes, targets, 1);
  if (picture.nodes.length <= room) return picture;
  const order = orderOf(picture);
  const ranked = [...picture.nodes].sort((a, b) => order(a) - order(b));
  const kept = new Set(ranked.slice(0, room).map((node) => node.key));
  const lost = lostNeighbours(picture, kept);
  const boxes = new Set(picture.more.map((box) => box.at));
  return {
    ...picture,
    nodes: picture.nodes.filter((node) => kept.has(node.key)).map((node) => withLost(node, boxes.has(node.key) ? 0 : lost(node.key))),
    edges: picture.edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)),
    more: picture.more.filter((box) => kept.has(box.at)).map((box) => ({ ...box, count: box.count + lost(box.at) }) satisfies MoreBox),
    notes: [...picture.notes, `only ${room} of ${formatNoun(picture.nodes.length, "card")} drawn, to keep the picture readable`],
  };
}

/** Shrinks until Graphviz can be expected to cope with it. */
export function fitForLayout(picture: Picture): Picture {
  let fitted = shrinkPicture(picture, MAX_NODES);
  for (let room = fitted.nodes.length; fitted.edges.length > MAX_EDGES && room > 1; ) {
    room = Math.floor(room * 0.8);
    fitted = shrinkPicture(picture, room);
  }
  return fitted;
}

/** Sort key: 0 for targets, then 1 + distance on the shortest path, then far behind it 1 + distance elsewhere. */
function orderOf(picture: Picture): (node: PictureNode) => number {
  const distances = distancesToTarget(picture);
  const onPath = new Set(picture.edges.filter((edge) => edge.onPath).flatMap((edge) => [edge.from, edge.to]));
  return (node) => {
    if (node.isTarget) return 0;
    const distance = distances.get(node.key) ?? picture.nodes.length;
    return onPath.has(node.key) ? 1 + distance : picture.nodes.length + 1 + distance;
  };
}

function distancesToTarget(picture: Picture): Map<number, number> {
  const away = neighbours(picture.edges, picture.direction);
  const distances = new Map<number, number>();
  const queue = picture.nodes.filter((node) => node.isTarget).map((node) => node.key);
  for (const key of queue) distances.set(key, 0);
  for (const key of queue) {
    for (const next of away.get(key) ?? []) {
      if (distances.has(next)) continue;
      distances.set(next, (distances.get(key) ?? 0) + 1);
      queue.push(next);
    }
  }
  return distances;
}

/** For each card, those one step farther from the target. */
function neighbours(edges: readonly PictureEdge[], direction: Picture["direction"]): Map<number, number[]> {
  const lists = new Map<number, number[]>();
  for (const edge of edges) {
    const [near, far] = direction === "backrefs" ? [edge.to, edge.from] : [edge.from, edge.to];
    const list = lists.get(near);
    if (list === undefined) lists.set(near, [far]);
    else list.push(far);
  }
  return lists;
}

/** How many neighbours a kept card loses, counting a grouped edge as many. */
function lostNeighbours(picture: Picture, kept: ReadonlySet<number>): (key: number) => number {
  const lost = new Map<number, number>();
  for (const edge of picture.edges) {
    const [near, far] = picture.direction === "backrefs" ? [edge.to, edge.from] : [edge.from, edge.to];
    if (kept.has(near) && !kept.has(far)) lost.set(near, (lost.get(near) ?? 0) + edge.alike);
  }
  return (key) => lost.get(key) ?? 0;
}

function withLost(node: PictureNode, count: number): PictureNode {
  return count === 0 ? node : { ...node, more: node.more + count };
}
