import { describe, expect, it } from "vitest";
import type { Organisation } from "./queries";
import { treeOf } from "./tree";

const node = (id: string, parent_id: string | null): Organisation => ({ id, parent_id, name: id, path: `${id}/` });

describe("treeOf", () => {
  it("puts children below their parents", () => {
    const [city] = treeOf([node("11", null), node("1101", "11"), node("1102", "11"), node("110101", "1101")]);
    expect(city?.children.map((one) => one.key)).toEqual(["1101", "1102"]);
    expect(city?.children[0]?.children.map((one) => one.key)).toEqual(["110101"]);
  });

  it("takes the caller's own node as a root", () => {
    expect(treeOf([node("1101", "11"), node("110101", "1101")]).map((one) => one.key)).toEqual(["1101"]);
    expect(treeOf([])).toEqual([]);
  });
});
