// Makes a bigger snapshot out of one that is there: its heap several times side by side under one root, so that files of
// any size can be had without a process of that size.
//   node bench/multiply.mjs large.heapsnapshot 6 giant.heapsnapshot
import { closeSync, openSync, readSync, renameSync, statSync, writeSync } from "node:fs";

const [from, times, to] = process.argv.slice(2);
const copies = Number(times);
if (!from || !to || !Number.isInteger(copies) || copies < 1) {
  console.error("usage: node bench/multiply.mjs FROM.heapsnapshot TIMES TO.heapsnapshot");
  process.exit(2);
}

const input = openSync(from, "r");
const size = statSync(from).size;
const head = text(0, 1 << 16);
const nodesAt = head.indexOf('"nodes":[') + '"nodes":['.length;
const header = JSON.parse(`{${head.slice(head.indexOf('"snapshot"'), head.indexOf("}", nodesAt - 40) + 1)}}`).snapshot;
const { node_fields: nodeFields, edge_fields: edgeFields } = header.meta;
const width = nodeFields.length;
const [idAt, countAt] = [nodeFields.indexOf("id"), nodeFields.indexOf("edge_count")];
const toAt = edgeFields.indexOf("to_node");

const part = `${to}.part`;
const output = openSync(part, "w", 0o600);
let pending = [];
let length = 0;
/** Root's edges in each copy, and the highest id of V8's own (odd) ones, learned from the first pass over the nodes. */
let rootEdges = 0;
let highest = 0;

const nodesEnd = records(nodesAt, width, (record, i) => {
  if (i === 0) rootEdges = record[countAt];
  if (record[idAt] % 2 === 1) highest = Math.max(highest, record[idAt]);
});
const edgesAt = nodesEnd + text(nodesEnd, 64).indexOf("[") + 1;
const span = highest + 1;

header.node_count *= copies;
header.edge_count = header.edge_count * copies + copies - 1;
put(`{"snapshot":${JSON.stringify(header)},\n"nodes":[`);
for (let copy = 0; copy < copies; copy++) {
  records(nodesAt, width, (record, i) => {
    // Ids of native objects are addresses in disguise, all over 32 bits: they stay.
    if (record[idAt] % 2 === 1) record[idAt] += copy * span;
    if (copy === 0 && i === 0) record[countAt] += copies - 1;
    put(`${copy + i > 0 ? "," : ""}${record.join(",")}\n`);
  });
}
put('],\n"edges":[');
const perCopy = (header.node_count / copies) * width;
let edgesEnd = edgesAt;
for (let copy = 0; copy < copies; copy++) {
  edgesEnd = records(edgesAt, edgeFields.length, (record, i) => {
    // The other copies hang on the root as elements, behind its own edges.
    if (copy === 0 && i === rootEdges) for (let c = 1; c < copies; c++) put(`,1,${1000 + c},${c * perCopy}\n`);
    record[toAt] += copy * perCopy;
    put(`${copy + i > 0 ? "," : ""}${record.join(",")}\n`);
  });
}
put("]");
flush();
copyRest(edgesEnd);
closeSync(output);
renameSync(part, to);

/** Calls `take` with each record of the array at `at`; returns the position after its bracket. */
function records(at, fields, take) {
  const bytes = Buffer.alloc(1 << 22);
  const record = new Array(fields).fill(0);
  let field = 0;
  let value = -1;
  let index = 0;
  for (let offset = at; offset < size; ) {
    const read = readSync(input, bytes, 0, bytes.length, offset);
    for (let p = 0; p < read; p++) {
      const digit = bytes[p] ^ 0x30;
      if (digit < 10) value = value < 0 ? digit : value * 10 + digit;
      else {
        if (value >= 0) {
          record[field++] = value;
          value = -1;
          if (field === fields) {
            field = 0;
            take(record, index++);
          }
        }
        if (bytes[p] === 0x5d) return offset + p + 1;
      }
    }
    offset += read;
  }
  throw new Error("an array never ends");
}

function text(at, bytes) {
  const buffer = Buffer.alloc(bytes);
  return buffer.toString("latin1", 0, readSync(input, buffer, 0, bytes, at));
}

function put(piece) {
  pending.push(piece);
  length += piece.length;
  if (length > 1 << 20) flush();
}

function flush() {
  writeSync(output, pending.join(""));
  pending = [];
  length = 0;
}

/** Everything behind the edges: the strings are those of all copies. */
function copyRest(at) {
  const bytes = Buffer.alloc(1 << 22);
  for (let offset = at; offset < size; ) {
    const read = readSync(input, bytes, 0, bytes.length, offset);
    writeSync(output, bytes, 0, read);
    offset += read;
  }
}
