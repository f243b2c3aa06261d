// How one thing holds another, in the words of a JavaScript developer. A label is a value, not text: report/
// turns it into `.name`, `.get("user:17")` or `scope`, and escapes it there.

/** The preview of a Map key. */
export type KeyPreview =
  | { readonly kind: "string"; readonly text: string }
  /** V8 writes no node for small-integer keys of a Map. */
  | { readonly kind: "number"; readonly text: string | undefined }
  | { readonly kind: "object"; readonly className: string; readonly id: number };

/** How a holder holds what it holds. */
export type HoldLabel =
  /** `.name`, or `["odd name"]`; private fields come as `#name`. */
  | { readonly kind: "property"; readonly name: string }
  /** `[description]` of a symbol-keyed property. */
  | { readonly kind: "symbol"; readonly name: string }
  /** `[17]` */
  | { readonly kind: "element"; readonly index: number }
  /** `.get(key)` of a Map. */
  | { readonly kind: "map value"; readonly key: KeyPreview }
  | { readonly kind: "map key" }
  | { readonly kind: "set member" }
  /** The value of a WeakMap entry, held by its key, which is the holder; `of` is what the program calls the map. */
  | { readonly kind: "weak map value"; readonly of?: string | undefined }
  /** A variable of a closure scope. */
  | { readonly kind: "variable"; readonly name: string }
  /** A function holds the scope it was created in. */
  | { readonly kind: "scope" }
  /** A scope holds the scope around it. */
  | { readonly kind: "outer scope" }
  /** `bind()`: the function, this, or an argument. */
  | { readonly kind: "bound"; readonly name: string }
  /** A listener of an EventEmitter: `on("data")`; `in` is the property that Node keeps listeners in. */
  | { readonly kind: "listener"; readonly in: "_events"; readonly name: string }
  /** A pending promise holds what waits for it. */
  | { readonly kind: "waits" }
  /** What an async function or generator needs when it goes on. */
  | { readonly kind: "suspended" }
  /** A GC root holds the object; `name` says how, if V8 does. */
  | { readonly kind: "root"; readonly name: string }
  /** V8's own plumbing. */
  | { readonly kind: "internal"; readonly name: string };

/** What a node is to a reader; decides colour and caption. */
export type NodeKind = "root" | "function" | "scope" | "collection" | "object" | "native" | "string" | "internal";
