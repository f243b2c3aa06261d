// Several chains in one picture. Their cards are numbered by the snapshots they come from, so objects are known by V8's id.

import type { Picture, PictureEdge, PictureNode } from "../analysis/picture.ts";

/** The pictures as one; a card or an arrow that several of them have is drawn once. */
export function mergePictures(pictures: readonly Picture[]): Picture {
  const [only] = pictures;
  if (pictures.length === 1 && only) return only;
  const cards = new Map<string, PictureNode>();
  const arrows = new Map<string, PictureEdge>();
  const notes = new Set<string>();
  for (const picture of pictures) {
    const newKey = new Map<number, number>();
    for (const node of picture.nodes) {
      const name = node.id === 0 ? `root ${node.title}` : `@${node.id}`;
      const known = cards.get(name);
      const key = known?.key ?? cards.size;
      newKey.set(node.key, key);
      cards.set(name, { ...(known ?? node), key, isTarget: node.isTarget || known?.isTarget === true });
    }
    for (const edge of picture.edges) {
      const [from, to] = [newKey.get(edge.from) as number, newKey.get(edge.to) as number];
      const name = `${from}>${to}`;
      const known = arrows.get(name);
      arrows.set(name, { ...(known ?? edge), from, to, onPath: edge.onPath || known?.onPath === true });
    }
    for (const note of picture.notes) notes.add(note);
  }
  return {
    direction: only?.direction ?? "backrefs",
    nodes: [...cards.values()],
    edges: [...arrows.values()],
    more: [],
    cutByDepth: 0,
    grouped: 0,
    backPointers: 0,
    notes: [...notes],
  };
}
