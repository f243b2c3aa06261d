// objgraph's show_backrefs for real heaps. Instead of expanding every retainer to a fixed depth, the picture is
// made of answers: for each distinct holder of the target, the path from a root to it that avoids the target.
// What room is left goes to further holders of the cards nearest the target, which is what shows both the timer
// and the listener behind one shared scope.

import { withCommas } from "../graph/describe.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { holdersOf } from "../graph/holds.ts";
import type { HoldLabel } from "../graph/labels.ts";
import type { RootPath } from "../graph/rootPaths.ts";
import type { RootKind } from "../graph/roots.ts";
import { type HolderGroup, type RankedHolders, rankHolders } from "./holders.ts";
import { foldRuns, heldText, rawSteps, rootName, STACK, stackHold } from "./paths.ts";
import type { Picture } from "./picture.ts";
import { byClass, PictureBuilder, type PictureOptions } from "./pictureBuilder.ts";
import type { NodePredicate } from "./predicates.ts";

/** Ways of holding looked at for the side branches of a picture. */
const SIDE_HOLDS = 400;

/**
 * The picture of what keeps the targets alive.
 * @param targets nodes; each keeps at least its shortest path to a root.
 */
export function backrefs(graph: HeapGraph, targets: readonly number[], options: PictureOptions = {}): Picture {
  const { tooMany = 10, maxNodes = 24 } = options;
  const skip = skipper(options, new Set(targets));
  const builder = new PictureBuilder(graph, options);
  // Before anything else: the search for retainers goes along paths that are known.
  const bestOf = new Map(targets.map((target) => [target, graph.rootPaths.pathTo(target)]));
  for (const target of targets) builder.card(target).isTarget = true;
  const chained = new Set<number>();
  const depth = new Map<number, number>(targets.map((target) => [target, 0]));
  for (const target of targets) drawTarget(target);
  drawSideBranches();
  connectDrawn();
  countMore();
  return builder.finish("backrefs");

  function drawTarget(target: number): void {
    const ranked = rankHolders(graph, target, skip);
    const best = bestOf.get(target);
    builder.backPointers += ranked.backPointers;
    if (!best) builder.notes.push(`only weak references or a debugger hold @${graph.id(target)}: the next garbage collection may free it`);
    drawRoots(target, ranked, best);
    let drawn = 0;
    const left: HolderGroup[] = [];
    for (const group of ranked.groups) {
      const fits = drawn === 0 || (drawn < tooMany && builder.size < maxNodes);
      if (group.path && fits) {
        drawPath(target, group, drawn === 0 && best !== undefined && best.nodes.length > 1);
        drawn++;
      } else left.push(group);
    }
    // A root can hold it by plumbing alone, which is no holder to anybody: then its path is the whole picture.
    if (best && best.nodes.length > 1 && drawn === 0 && !best.nodes.some((n) => skip(graph, n))) drawRootPath(best, true, 0);
    const count = left.reduce((sum, group) => sum + group.alike, 0);
    if (count > 0)
      builder.more.push({
        at: target,
        count,
        byClass: byClass(
          graph,
          left.map((group) => [group.node, group.alike] as const),
        ),
      });
  }

  /** Roots that hold the target itself. What only runs at the moment is told when nothing else is. */
  function drawRoots(target: number, ranked: RankedHolders, best: RootPath | undefined): void {
    if (best && best.nodes.length === 1) {
      if (best.held === undefined) builder.rootCard(target, rootName(graph, best));
      else {
        const root = builder.namedRoot(rootName(graph, best), rootCaption(best.kind));
        builder.edge(root, target, [{ kind: "root", name: heldText(graph, best) }], { onPath: true });
      }
    }
    const local = best?.nodes.length === 1 && best.kind === "stack" ? undefined : stackHold(graph, target);
    if (local !== undefined) builder.edge(builder.namedRoot(STACK, rootCaption("stack")), target, [{ kind: "root", name: local }]);
    for (const { category } of ranked.roots) {
      if (category === best?.category || /Stack|Handle scope|Relocatable/.test(category)) continue;
      builder.edge(builder.namedRoot(category, "V8 root"), target, [{ kind: "root", name: "handle" }]);
    }
    if (best?.kind === "stack") builder.notes.push("only running code holds it: it goes when the function returns");
  }

  function drawPath(target: number, group: HolderGroup, onPath: boolean): void {
    const path = group.path as RootPath;
    drawRootPath(path, onPath, 1);
    const card = builder.card(group.node);
    card.alike = Math.max(card.alike, group.alike);
    builder.edge(group.node, target, group.labels, { onPath, alike: group.alike });
    note(group.node, 1);
  }

  /** Draws a path up to its last node, whose distance from the target is `lastDepth`. */
  function drawRootPath(path: RootPath, onPath: boolean, lastDepth: number): void {
    const first = path.nodes[0] as number;
    let steps = foldRuns(graph, rawSteps(graph, path));
    let from: number | undefined;
    const room = options.maxDepth === undefined ? Number.POSITIVE_INFINITY : Math.max(0, options.maxDepth - lastDepth);
    if (steps.length > room) {
      builder.cutByDepth += steps.length - room;
      const start = steps.length - room - 1;
      from = (steps[start] as { node: number }).node;
      builder.card(from);
      steps = steps.slice(start + 1);
    } else if (path.held === undefined) {
      from = builder.rootCard(first, rootName(graph, path)).key;
    } else {
      const root = builder.namedRoot(rootName(graph, path), rootCaption(path.kind));
      builder.card(first);
      builder.edge(root, first, [{ kind: "root", name: heldText(graph, path) }], { onPath });
      from = first;
    }
    steps.forEach((step, i) => {
      const card = builder.card(step.node);
      if (step.folded > 0) {
        card.extra ??= `last of a chain: ${withCommas(step.folded)} alike between`;
        chained.add(step.node);
      }
      builder.edge(from as number, step.node, [step.label], { onPath });
      note(step.node, lastDepth + steps.length - 1 - i);
      from = step.node;
    });
    note(first, lastDepth + steps.length);
  }

  function note(node: number, distance: number): void {
    depth.set(node, Math.min(distance, depth.get(node) ?? Number.POSITIVE_INFINITY));
  }

  /** Up to two further holders of each card near a target, while there is room. */
  function drawSideBranches(): void {
    const order = [...depth].filter(([, d]) => d > 0).sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    for (const [node, d] of order) {
      if (builder.size >= maxNodes) return;
      const card = builder.nodes.get(node);
      if (!card || card.kind === "root" || chained.has(node) || graph.rootPaths.isStart(node)) continue;
      let added = 0;
      for (const group of rankHolders(graph, node, skip, SIDE_HOLDS).groups) {
        if (added === 2 || builder.size >= maxNodes) break;
        if (builder.has(group.node) || !group.path || passesTarget(group.path)) continue;
        if (newCards(group.path) > Math.min(5, maxNodes - builder.size)) continue;
        drawRootPath(group.path, false, d + 1);
        builder.card(group.node).alike = Math.max(builder.card(group.node).alike, group.alike);
        builder.edge(group.node, node, group.labels, { alike: group.alike });
        note(group.node, d + 1);
        added++;
      }
    }
  }

  function passesTarget(path: RootPath): boolean {
    return path.nodes.some((n) => targets.includes(n));
  }

  function newCards(path: RootPath): number {
    return foldRuns(graph, rawSteps(graph, path)).filter((step) => !builder.has(step.node)).length + 1;
  }

  /** Every reason between two drawn cards is drawn, so that a missing arrow means something. */
  function connectDrawn(): void {
    for (const card of [...builder.nodes.values()]) {
      if (card.key >= graph.nodeCount || card.alike > 1) continue;
      const labels = new Map<number, HoldLabel[]>();
      for (const hold of holdersOf(graph, card.key, SIDE_HOLDS)) {
        const holder = builder.nodes.get(hold.holder);
        if (!holder || holder.isTarget || holder.alike > 1 || graph.rootPaths.passes(hold.holder, card.key)) continue;
        const known = labels.get(hold.holder);
        if (known) known.push(hold.label);
        else labels.set(hold.holder, [hold.label]);
      }
      for (const [holder, found] of labels) builder.edge(holder, card.key, found);
    }
  }

  function countMore(): void {
    for (const card of builder.nodes.values()) {
      if (card.isTarget || card.kind === "root" || card.key >= graph.nodeCount || graph.rootPaths.isStart(card.key)) continue;
      const others = new Set<number>();
      for (const { holder } of holdersOf(graph, card.key, SIDE_HOLDS)) {
        if (!builder.hasEdge(holder, card.key) && !graph.rootPaths.passes(holder, card.key)) others.add(holder);
      }
      card.more = others.size;
    }
  }
}

function rootCaption(kind: RootKind): string {
  if (kind === "timer") return "Node's timer list";
  return kind === "stack" ? "calls that run now" : "V8 root";
}

function skipper(options: PictureOptions, targets: ReadonlySet<number>): NodePredicate {
  const { extraIgnore, filter } = options;
  return (graph, node) => !targets.has(node) && ((extraIgnore?.(graph, node) ?? false) || (filter !== undefined && !filter(graph, node)));
}
