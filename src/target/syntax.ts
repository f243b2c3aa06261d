// What the text of a script says about a place in it: who would catch what is thrown there, and what becomes of a call's
// promise. V8 knows the first only for its own prediction, which stops at the frames of Node that run a module.
import type { AnyNode, CallExpression, ImportExpression, NewExpression, Program } from "acorn";

/** The code around a place, out to the function that it belongs to. */
export interface Surroundings {
  /** A generator of promises is none of these to whoever calls it. */
  readonly kind: "module" | "script" | "function" | "async function" | "async generator";
  /** Whether a `try` with a `catch` is around the place in the same function. */
  readonly caught: boolean;
  /** What becomes of the value of the call at the place; undefined where there is none. */
  readonly call: CallUse | undefined;
}

export interface CallUse {
  /** `new Promise(…)`, `Promise.reject(…)`: what is thrown in there is thrown at nobody. "maybe" for a function of the name. */
  readonly rejects: "yes" | "no" | "maybe";
  /** "handled": somebody asks to be told when the promise is rejected. */
  readonly use: "awaited" | "returned" | "handled" | "other";
}

type Call = CallExpression | NewExpression | ImportExpression;
type Boundary = Extract<AnyNode, { type: `${string}Function${string}` }> | Program | Extract<AnyNode, { type: "StaticBlock" }>;

const IMPORT_LENGTH = "import".length;

export class Syntax {
  readonly #program: Program;
  readonly #lineStarts: readonly number[];

  private constructor(program: Program, lineStarts: readonly number[]) {
    this.#program = program;
    this.#lineStarts = lineStarts;
  }

  /** Undefined for a text that is newer than the parser, or no JavaScript. */
  static async of(text: string, isModule: boolean): Promise<Syntax | undefined> {
    const { parse } = await import("acorn");
    try {
      const how = { ecmaVersion: "latest", allowHashBang: true, allowReturnOutsideFunction: !isModule } as const;
      const program = parse(text, { ...how, sourceType: isModule ? "module" : "script" });
      const breaks = [...text.matchAll(/\r\n?|[\n\u2028\u2029]/g)];
      return new Syntax(program, [0, ...breaks.map((found) => found.index + found[0].length)]);
    } catch {
      return undefined;
    }
  }

  /** Line and column count from 0. V8 places an `import()` where its statement begins; `importing` looks for one from there on. */
  around(line: number, column: number, importing: boolean): Surroundings | undefined {
    const start = this.#lineStarts[line];
    if (start === undefined) return undefined;
    const given = start + column;
    const offset = importing ? (importFrom(this.#insideTo(given), given) ?? given) : given;
    const path = this.#insideTo(offset);
    return { kind: kindOf(path[0] as Boundary), caught: isCaught(path, offset), call: callUse(path, offset) };
  }

  /** The nodes around an offset from its function inwards. */
  #insideTo(offset: number): AnyNode[] {
    const path = pathTo(this.#program, offset);
    return path.slice(path.findLastIndex(isBoundary));
  }
}

/** All nodes around an offset, outermost first. */
function pathTo(program: Program, offset: number): AnyNode[] {
  const path: AnyNode[] = [program];
  for (let node: AnyNode | undefined = program; node !== undefined; ) {
    node = childrenOf(node).find(({ start, end }) => start <= offset && offset < end);
    if (node !== undefined) path.push(node);
  }
  return path;
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** Where the first `import()` begins that the statement of an offset has from there on. */
function importFrom(path: readonly AnyNode[], offset: number): number | undefined {
  const statement = path.findLast(({ type }) => /Statement$|^VariableDeclaration$|^Export/.test(type));
  const ahead = statement === undefined ? [] : [statement];
  for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
    if (node.type === "ImportExpression" && node.start >= offset) return node.start;
    ahead.push(
      ...childrenOf(node)
        .filter((child) => child.end > offset && !isBoundary(child))
        .reverse(),
    );
  }
  return undefined;
}

/** A class calls the code of its fields and static blocks as functions. */
function isBoundary({ type }: AnyNode): boolean {
  return /Function|^Program$|^StaticBlock$|^PropertyDefinition$/.test(type);
}

function kindOf(node: Boundary): Surroundings["kind"] {
  if (node.type === "Program") return node.sourceType === "module" ? "module" : "script";
  if (!("async" in node) || !node.async) return "function";
  return node.generator ? "async generator" : "async function";
}

function isCaught(path: readonly AnyNode[], offset: number): boolean {
  return path.some(
    (node) => node.type === "TryStatement" && node.handler !== null && node.handler !== undefined && offset < node.block.end,
  );
}

/** V8 puts a call where the name of what is called is: at `b` for `a.b()`. */
function callUse(path: readonly AnyNode[], offset: number): CallUse | undefined {
  const at = path.findLastIndex((node) => isCall(node) && offset <= endOfCallee(node));
  const call = path[at] as Call | undefined;
  return call && { rejects: rejectsOf(call), use: useOf(path, at) };
}

function isCall(node: AnyNode): node is Call {
  return node.type === "CallExpression" || node.type === "NewExpression" || node.type === "ImportExpression";
}

function rejectsOf(call: Call): CallUse["rejects"] {
  if (call.type === "ImportExpression") return "no";
  const { callee } = call;
  const name = callee.type === "MemberExpression" ? callee.property : callee;
  if (name.type !== "Identifier") return "no";
  if (call.type === "NewExpression") return name.name === "Promise" ? "yes" : "no";
  if (!/^reject/.test(name.name)) return "no";
  return callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "Promise" ? "yes" : "maybe";
}

function endOfCallee(node: Call): number {
  return node.type === "ImportExpression" ? node.start + IMPORT_LENGTH : node.callee.end;
}

/** Follows a promise outwards, from the node that makes it. */
function useOf(path: readonly AnyNode[], at: number): CallUse["use"] {
  for (let i = at; i > 0; i--) {
    const node = path[i] as AnyNode;
    const parent = path[i - 1] as AnyNode;
    if (parent.type === "AwaitExpression") return "awaited";
    if (parent.type === "ReturnStatement" || (parent.type === "ArrowFunctionExpression" && parent.body === node)) return "returned";
    if (parent.type === "MemberExpression" && parent.object === node) {
      const next = path[i - 2];
      if (next?.type !== "CallExpression" || next.callee !== parent || parent.property.type !== "Identifier") return "other";
      const { name } = parent.property;
      if (name === "catch" || (name === "then" && next.arguments.length > 1)) return "handled";
      if (name !== "then" && name !== "finally") return "other";
      i--;
    } else if (!isPassedThrough(node, parent, path[i - 2])) return "other";
  }
  return "other";
}

/** Whether a promise that a node makes is also what its parent gives. `Promise.all([f(), g()])` is rejected when one of them is. */
function isPassedThrough(node: AnyNode, parent: AnyNode, next: AnyNode | undefined): boolean {
  if (parent.type === "ChainExpression") return true;
  if (parent.type === "LogicalExpression") return parent.right === node;
  if (parent.type === "ConditionalExpression") return parent.test !== node;
  if (parent.type === "ArrayExpression") return next?.type === "CallExpression" && isJoin(next);
  return parent.type === "CallExpression" && isJoin(parent);
}

function isJoin({ callee }: CallExpression): boolean {
  if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier" || callee.property.type !== "Identifier") return false;
  return callee.object.name === "Promise" && (callee.property.name === "all" || callee.property.name === "race");
}
