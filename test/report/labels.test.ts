import { expect, test } from "vitest";
import type { HoldLabel } from "../../src/graph/labels.ts";
import { holdLabelText } from "../../src/report/labels.ts";

test.each<[HoldLabel, string]>([
  [{ kind: "property", name: "name" }, ".name"],
  [{ kind: "property", name: "#secret" }, ".#secret"],
  [{ kind: "property", name: "größe$_1" }, ".größe$_1"],
  [{ kind: "property", name: "bob smith" }, '["bob smith"]'],
  [{ kind: "property", name: "17a" }, '["17a"]'],
  [{ kind: "property", name: "" }, '[""]'],
  [{ kind: "property", name: 'a"\\\n' }, '["a\\"\\\\\\n"]'],
  [{ kind: "property", name: "x".repeat(100_000) }, `["${"x".repeat(24)}…${"x".repeat(23)}"]`],
  [{ kind: "symbol", name: "secret" }, "[secret]"],
  [{ kind: "symbol", name: "" }, "[symbol]"],
  [{ kind: "element", index: 1500 }, "[1,500]"],
  [{ kind: "map value", key: { kind: "string", text: "user:1500" } }, '.get("user:1500")'],
  [{ kind: "map value", key: { kind: "number", text: "17203" } }, ".get(17203)"],
  [{ kind: "map value", key: { kind: "number", text: undefined } }, ".get(<number>)"],
  [{ kind: "map value", key: { kind: "object", className: "Session", id: 12 } }, ".get(Session @12)"],
  [{ kind: "map key" }, "map key"],
  [{ kind: "set member" }, "set member"],
  [{ kind: "weak map value" }, "weak map value"],
  [{ kind: "variable", name: "ctx" }, "ctx"],
  [{ kind: "scope" }, "scope"],
  [{ kind: "outer scope" }, "outer scope"],
  [{ kind: "bound", name: "this" }, "bound this"],
  [{ kind: "waits" }, "waits"],
  [{ kind: "suspended" }, "suspended"],
  [{ kind: "root", name: "pending timer" }, "pending timer"],
  [{ kind: "internal", name: "elements" }, "<elements>"],
])("%o", (label, text) => expect(holdLabelText(label)).toBe(text));
