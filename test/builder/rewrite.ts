// The same snapshot written by somebody else: other field orders, more fields, other white space, a re-saved file.
export interface SnapshotJson {
  snapshot: {
    meta: {
      node_fields: string[];
      node_types: (string | string[])[];
      edge_fields: string[];
      edge_types: (string | string[])[];
      location_fields?: string[];
    };
    node_count: number;
    edge_count: number;
    extra_native_bytes?: number;
  };
  nodes: number[];
  edges: number[];
  locations: number[];
  strings: string[];
  [other: string]: unknown;
}

export function parsed(file: Uint8Array): SnapshotJson {
  return JSON.parse(Buffer.from(file).toString("utf8")) as SnapshotJson;
}

export function written(json: unknown, indent?: number | string): Buffer {
  return Buffer.from(JSON.stringify(json, null, indent));
}

function records(values: readonly number[], fields: readonly string[]): Record<string, number>[] {
  const found: Record<string, number>[] = [];
  for (let at = 0; at < values.length; at += fields.length) {
    found.push(Object.fromEntries(fields.map((field, i) => [field, values[at + i] as number])));
  }
  return found;
}

/** Writes each record with these fields in this order; fields that it lacked become 7. */
export function withFields(json: SnapshotJson, nodeFields: readonly string[], edgeFields: readonly string[]): SnapshotJson {
  const { meta } = json.snapshot;
  const types = (kind: "node" | "edge"): string[] => meta[`${kind}_types`].find(Array.isArray) as string[];
  const flat = (list: Record<string, number>[], fields: readonly string[]): number[] =>
    list.flatMap((record) => fields.map((field) => record[field] ?? 7));
  const moved = (at: number): number => (at / meta.node_fields.length) * nodeFields.length;
  const edges = records(json.edges, meta.edge_fields).map((edge) => ({ ...edge, to_node: moved(edge["to_node"] as number) }));
  const locations = records(json.locations, meta.location_fields ?? ["none"]);
  const columnOf = (kind: "node" | "edge", fields: readonly string[]): (string | string[])[] =>
    fields.map((field) => (field === "type" ? types(kind) : "number"));
  return {
    ...json,
    snapshot: {
      ...json.snapshot,
      meta: {
        ...meta,
        node_fields: [...nodeFields],
        node_types: columnOf("node", nodeFields),
        edge_fields: [...edgeFields],
        edge_types: columnOf("edge", edgeFields),
      },
    },
    nodes: flat(records(json.nodes, meta.node_fields), nodeFields),
    edges: flat(edges, edgeFields),
    locations: locations.flatMap(({ object_index, ...rest }) => [moved(object_index as number), ...Object.values(rest)]),
  };
}

/** The file with other white space between its tokens, chosen by `pick` (0 to 4). */
export function spaced(file: Uint8Array, pick: () => number): Buffer {
  const tokens = Buffer.from(file)
    .toString("utf8")
    .match(/"(?:[^"\\]|\\.)*"|-?\d+|[[\]{},:]/gs) as string[];
  const white = ["", " ", "\n", "\r\n\t", "    \t\r"];
  return Buffer.from(tokens.map((token) => `${white[pick()] ?? ""}${token}`).join("") + (white[pick()] ?? ""));
}
