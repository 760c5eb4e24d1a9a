// The organisations as a tree: parents come first in the list that the API gives.

import type { Organisation } from "./queries";

export interface Node {
  key: string;
  organisation: Organisation;
  children: Node[];
}

export function treeOf(organisations: readonly Organisation[]): Node[] {
  const nodes = new Map<string, Node>();
  const roots: Node[] = [];
  for (const organisation of organisations) {
    const node: Node = { key: organisation.id, organisation, children: [] };
    nodes.set(organisation.id, node);
    const parent = organisation.parent_id === null ? undefined : nodes.get(organisation.parent_id);
    (parent?.children ?? roots).push(node); // the caller's own node has a parent that they do not see
  }
  return roots;
}
