// The numbers of node and edge types, and what ids tell, for the rooms that know the graph but not the file format.

export { EdgeType, isNativeId, NodeType } from "../snapshot/format.ts";
