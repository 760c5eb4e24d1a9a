import { expect, test } from "vitest";
import { batchOf, MAX_BATCH } from "./batch";
import type { QueueItem } from "./types";

const ad = (id: string, more: Partial<QueueItem> = {}): QueueItem =>
  ({ id, violation: "ILLEGAL_AD", state: "pending_review", organisation_path: "1/2/", started_at: "2026-11-21T02:00:00Z", claim: null, ...more }) as QueueItem;
const other = { user_id: "u", user_name: "Li", until: "", mine: false };
const ids = (items: readonly QueueItem[], of: string, gone = new Map<string, string>()) => batchOf(items, gone, of).map((item) => item.id);

test("advertisements of one street and one day go together, the chosen one first", () => {
  expect(ids([ad("a"), ad("b"), ad("c")], "b")).toEqual(["b", "a", "c"]);
});

test("another street, another day, another kind, another state stay out", () => {
  const items = [
    ad("a"), ad("b", { organisation_path: "1/3/" }), ad("c", { started_at: "2026-11-19T02:00:00Z" }),
    ad("d", { violation: "STREET_VENDING" }), ad("e", { state: "second_review" }), ad("f"),
  ];
  expect(ids(items, "a")).toEqual(["a", "f"]);
});

test("what a colleague holds or has decided stays out", () => {
  expect(ids([ad("a"), ad("b", { claim: other }), ad("c"), ad("d")], "a", new Map([["d", "elsewhere"]]))).toEqual(["a", "c"]);
  expect(ids([ad("a", { claim: other }), ad("b")], "a")).toEqual([]);
});

test("only advertisements, and no more than the centre takes", () => {
  expect(ids([ad("a", { violation: "STREET_VENDING" }), ad("b")], "a")).toEqual([]);
  expect(ids([], "a")).toEqual([]);
  expect(ids(Array.from({ length: MAX_BATCH + 5 }, (_, index) => ad(String(index))), "0")).toHaveLength(MAX_BATCH);
});
