import { describe, expect, it } from "vitest";
import { changed, decided, extended, following, joined, neighbour, noticed, opened, returned, type Change } from "./book";
import type { QueueItem } from "./types";

const item = (id: string, priority = 2, due = 0, more: Partial<QueueItem> = {}): QueueItem =>
  ({ id, priority, due_at: new Date(due).toISOString(), state: "pending_review", version: 1, claim: null, ...more }) as QueueItem;
const ids = (items: readonly QueueItem[]) => items.map((one) => one.id);
const READER = { userId: "me", states: ["pending_review"], nameOf: () => "Li" };
const change = (id: string, more: Partial<Change>): Change => ({
  candidateId: id, action: "", state: "pending_review", version: 2, claimedBy: null, claimedUntil: null, ...more,
});
const colleague = { user_id: "u", user_name: "Li", until: "2030-01-01T00:00:00Z", mine: false };

describe("the queue on the screen", () => {
  it("announces what is new and moves nothing until asked", () => {
    const book = noticed(opened([item("b"), item("c")], null), [item("a", 0), item("b")]);
    expect(ids(book.items)).toEqual(["b", "c"]);
    expect(ids(book.fresh)).toEqual(["a"]);
    expect(ids(joined(book).items)).toEqual(["a", "b", "c"]);
    expect(joined(book).fresh).toEqual([]);
  });

  it("leaves new ones beyond the loaded part to their page", () => {
    const book = noticed(opened([item("a", 0), item("b", 1)], "cursor"), [item("z", 3), item("m", 0, 5)]);
    expect(ids(joined(book).items)).toEqual(["a", "m", "b"]);
  });

  it("does not repeat an item that moved between pages", () => {
    expect(ids(extended(opened([item("a"), item("b")], "x"), [item("b"), item("c")], null).items)).toEqual(["a", "b", "c"]);
  });

  it("shows a colleague's claim in place, and greys what is decided elsewhere", () => {
    const book = opened([item("a"), item("b")], null);
    const claimed = changed(book, change("a", { claimedBy: "u", claimedUntil: colleague.until }), READER);
    expect(claimed.items[0]?.claim?.user_name).toBe("Li");
    const done = changed(claimed, change("a", { state: "rejected" }), READER);
    expect(ids(done.items)).toEqual(["a", "b"]);
    expect(done.gone.get("a")).toBe("elsewhere");
    expect(ids(joined(done).items)).toEqual(["b"]);
    const undone = changed(done, change("a", {}), READER);
    expect(undone.gone.has("a")).toBe(false);
  });

  it("goes on to the next that nobody holds, and back up at the end", () => {
    const book = opened([item("a"), item("b", 2, 0, { claim: colleague }), item("c")], null);
    expect(following(book, "a")?.id).toBe("c");
    expect(following(book, "c")?.id).toBe("a");
    expect(following(opened([item("a")], null), "a")).toBeNull();
  });

  it("steps over what is gone, and begins at the top", () => {
    const book = { ...opened([item("a"), item("b"), item("c")], null), gone: new Map([["b", "elsewhere" as const]]) };
    expect(neighbour(book, "a", 1)?.id).toBe("c");
    expect(neighbour(book, null, 1)?.id).toBe("a");
    expect(neighbour(book, "a", -1)).toBeNull();
  });

  it("takes out what was decided and puts back what was undone", () => {
    const first = item("a", 0);
    const book = decided(opened([first, item("b")], null), "a");
    expect(ids(book.items)).toEqual(["b"]);
    expect(ids(returned(book, first).items)).toEqual(["a", "b"]);
    expect(returned(returned(book, first), first).items).toHaveLength(2);
  });
});
