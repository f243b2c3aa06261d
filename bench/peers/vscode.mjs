// The parser behind VS Code's view of heap snapshots: Rust, compiled to WebAssembly.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { answer, difference } from "./adapter.mjs";

const parser = createRequire(import.meta.url)("@vscode/v8-heap-parser");
parser.init_panic_hook();

const ALL = 2 ** 31;
/** Its name for a row that DevTools names otherwise. */
const DEVTOOLS_NAMES = { "(closure)": "Function" };
/** Its one row for all node types that are younger than it is; nobody else has such a row. */
const YOUNGER = "(unknown)";

function rowsOf(file, withoutRetained) {
  return parser
    .decode_bytes(readFileSync(file))
    .get_class_groups(0, ALL, withoutRetained)
    .map((group) => {
      const name = group.name();
      return {
        type: DEVTOOLS_NAMES[name] ?? name,
        count: group.children_len,
        size: Number(group.self_size),
        ...(withoutRetained ? {} : { retained: Number(group.retained_size) }),
      };
    })
    .filter(({ type }) => type !== YOUNGER);
}

await answer({
  load: (file) => ({ rows: rowsOf(file, true) }),
  types: (file) => ({ rows: rowsOf(file, false) }),
  diff: (before, now) => ({ rows: difference(rowsOf(before, true), rowsOf(now, true)) }),
});
