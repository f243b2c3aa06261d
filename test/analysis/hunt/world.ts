// A program without a program: containers that behave as leaks, caches and batches do, and a heap of them for each round.
// Objects keep their ids from round to round, as V8's do.

import type { HeapGraph } from "../../../src/graph/heapGraph.ts";
import { buildHeap, type HeapBuilder } from "../../builder/heap.ts";

export type Container = "map" | "set" | "array" | "dictionary" | "list" | "listeners" | "nested maps";
export type Behaviour = "grows" | "steady" | "churns" | "fills" | "saws" | "in flight" | "bursts once";

export interface Planted {
  readonly container: Container;
  readonly behaviour: Behaviour;
  /** Objects a round, more or less. */
  readonly pace: number;
  /** Class of what it holds: `Item3`. */
  readonly type: string;
  /** Global variable that holds it. */
  readonly name: string;
}

interface Thing {
  readonly id: number;
  readonly partId: number;
}

/** Ids of objects begin here; those of tables and other plumbing are below. */
const FIRST_ID = 10_000_001;
/** Rounds that a full container needs to fill up. */
const FILLS_IN = 2;

export class World {
  readonly #planted: readonly Planted[];
  readonly #things = new Map<Planted, Thing[]>();
  readonly #random: () => number;
  #nextId = FIRST_ID;
  round = 0;

  /** @param random from 0 to 1; decides how paces vary. */
  constructor(planted: readonly Planted[], random: () => number) {
    this.#planted = planted;
    this.#random = random;
    for (const one of planted) this.#things.set(one, this.#make(one.behaviour === "steady" ? one.pace * 3 : one.pace));
  }

  /** Lets a round pass, then shows the heap. */
  next(): HeapGraph {
    for (const one of this.#planted) this.#things.set(one, this.#live(one, this.#things.get(one) as Thing[]));
    this.round++;
    return this.#heap();
  }

  #make(count: number): Thing[] {
    return Array.from({ length: count }, () => {
      this.#nextId += 4;
      return { id: this.#nextId - 4, partId: this.#nextId - 2 };
    });
  }

  #live({ behaviour, pace }: Planted, things: Thing[]): Thing[] {
    const about = Math.max(1, Math.round(pace * (0.7 + 0.6 * this.#random())));
    switch (behaviour) {
      case "grows":
        return [...things, ...this.#make(about)];
      case "steady":
        return things;
      case "churns":
        return [...things, ...this.#make(about)].slice(-pace);
      case "fills":
        return this.round < FILLS_IN ? [...things, ...this.#make(pace)] : things;
      case "saws":
        return this.round % 2 === 1 ? [] : this.#make(about * 2);
      case "in flight":
        return this.#make(Math.round(pace * this.#random()));
      case "bursts once":
        return this.round === 1 ? [...things, ...this.#make(pace * 3)] : things;
    }
  }

  #heap(): HeapGraph {
    return buildHeap((h) => {
      for (const one of this.#planted) this.#plant(h, one, this.#things.get(one) as Thing[]);
    });
  }

  #plant(h: HeapBuilder, { container, type, name }: Planted, things: readonly Thing[]): void {
    const made = things.map(({ id, partId }) => {
      const thing = h.object(type, { id });
      h.property(thing, "detail", h.object("Object", { id: partId, size: 56 }));
      return thing;
    });
    const keyed = (items: readonly number[]): (readonly [{ smi: number }, number])[] => items.map((item, i) => [{ smi: i }, item] as const);
    h.global(name, this.#contain(h, container, made, things, keyed));
  }

  #contain(
    h: HeapBuilder,
    container: Container,
    made: readonly number[],
    things: readonly Thing[],
    keyed: (items: readonly number[]) => (readonly [{ smi: number }, number])[],
  ): number {
    switch (container) {
      case "map":
        return h.map(keyed(made));
      case "set":
        return h.set(made);
      case "array":
        return h.list(made);
      case "dictionary": {
        const holder = h.object("Object");
        for (const [i, thing] of made.entries()) h.property(holder, `key-${things[i]?.id}`, thing);
        return holder;
      }
      case "list": {
        const holder = h.object("Queue");
        let tail = holder;
        for (const thing of made) {
          h.property(tail, tail === holder ? "head" : "next", thing);
          tail = thing;
        }
        return holder;
      }
      case "listeners": {
        const emitter = h.object("Emitter");
        const events = h.property(emitter, "_events", h.object("Object"));
        h.property(events, "data", h.list(made));
        return emitter;
      }
      case "nested maps": {
        const inner = [0, 1, 2].map((k) => h.map(keyed(made.filter((_, i) => i % 3 === k))));
        return h.map(keyed(inner));
      }
    }
  }
}

/** A small generator of numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
