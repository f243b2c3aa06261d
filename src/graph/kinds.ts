// The numbers of node and edge types, for the rooms that know the graph but not the file format.

export { EdgeType, NodeType } from "../snapshot/format.ts";
