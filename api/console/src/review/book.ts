// The queue as it stands on the screen. It changes under nobody's cursor: what is new waits aside
// until somebody asks for it, what is gone stays in its place, greyed, until then.

import type { QueueItem } from "./types";

export type Gone = "decided" | "elsewhere"; // by the reader, or by a colleague

export interface Book {
  items: readonly QueueItem[]; // in the queue's order
  fresh: readonly QueueItem[]; // arrived since, not shown yet
  gone: ReadonlyMap<string, Gone>;
  next: string | null; // cursor of the following page; null: all are here
}

/** What the stream tells of one candidate. */
export interface Change {
  candidateId: string;
  action: string;
  state: QueueItem["state"];
  version: number;
  claimedBy: string | null;
  claimedUntil: string | null;
}

export const emptyBook: Book = { items: [], fresh: [], gone: new Map(), next: null };

const MAX_FRESH = 500; // more than anybody would add at once; the count says "500+"

/** The order of the queue: priority, then due, then id. */
export function inOrder(a: QueueItem, b: QueueItem): number {
  return (
    a.priority - b.priority ||
    Date.parse(a.due_at) - Date.parse(b.due_at) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** The first page, or the queue loaded again. */
export function opened(items: readonly QueueItem[], next: string | null): Book {
  return { items, fresh: [], gone: new Map(), next };
}

/** One more page at the end; what stands there already is not repeated. */
export function extended(book: Book, items: readonly QueueItem[], next: string | null): Book {
  const known = new Set(book.items.map((item) => item.id));
  return { ...book, items: [...book.items, ...items.filter((item) => !known.has(item.id))], next };
}

/** Items that were found waiting: unknown ones are announced, known ones keep their place. */
export function noticed(book: Book, found: readonly QueueItem[]): Book {
  const known = new Set([...book.items, ...book.fresh].map((item) => item.id));
  const unknown = found.filter((item) => !known.has(item.id));
  if (unknown.length === 0) return book;
  return { ...book, fresh: [...book.fresh, ...unknown].slice(0, MAX_FRESH) };
}

/** New ones take their places and those that are gone leave; only ever on demand. */
export function joined(book: Book): Book {
  const last = book.items.at(-1);
  // Beyond the end of what is loaded they come with their page.
  const here = book.fresh.filter((item) => book.next === null || !last || inOrder(item, last) <= 0);
  const kept = book.items.filter((item) => !book.gone.has(item.id));
  return { ...book, items: [...kept, ...here].sort(inOrder), fresh: [], gone: new Map() };
}

/** Whether a candidate in this state waits for somebody of these states. */
const waits = (state: string, states: readonly string[]) => states.includes(state);

/** Who reads: whose claims are their own, what waits for them, and whom they know by name. */
export interface Reader {
  userId: string;
  states: readonly string[];
  nameOf: (userId: string) => string;
}

/** What happened to one candidate: its claim changes in place; once decided it is greyed. */
export function changed(book: Book, change: Change, { userId, states, nameOf }: Reader): Book {
  const index = book.items.findIndex((item) => item.id === change.candidateId);
  const item = book.items[index];
  if (!item) {
    return { ...book, fresh: book.fresh.filter((one) => one.id !== change.candidateId || waits(change.state, states)) };
  }
  const claim =
    change.claimedBy && change.claimedUntil
      ? { user_id: change.claimedBy, user_name: nameOf(change.claimedBy), until: change.claimedUntil, mine: change.claimedBy === userId }
      : null;
  const items = book.items.with(index, { ...item, state: change.state, version: change.version, claim });
  const gone = new Map(book.gone);
  if (waits(change.state, states)) gone.delete(item.id);
  else if (!gone.has(item.id)) gone.set(item.id, "elsewhere");
  return { ...book, items, gone };
}

/** The reader's own decision: out of the list at once. */
export function decided(book: Book, id: string): Book {
  return { ...book, items: book.items.filter((item) => item.id !== id) };
}

/** A decision that was taken back, or refused: the item returns to its place. */
export function returned(book: Book, item: QueueItem): Book {
  if (book.items.some((one) => one.id === item.id)) return book;
  return { ...book, items: [...book.items, item].sort(inOrder) };
}

/** The neighbour of an item that can still be judged; `step` is 1 or -1. */
export function neighbour(book: Book, id: string | null, step: 1 | -1): QueueItem | null {
  const at = book.items.findIndex((item) => item.id === id);
  if (at === -1) return book.items.find((item) => !book.gone.has(item.id)) ?? null;
  for (let index = at + step; index >= 0 && index < book.items.length; index += step) {
    const item = book.items[index];
    if (item && !book.gone.has(item.id)) return item;
  }
  return null;
}

/** What comes up after a decision on `id`: the next one down that no colleague holds, else one above. */
export function following(book: Book, id: string): QueueItem | null {
  const free = (item: QueueItem) => !book.gone.has(item.id) && (!item.claim || item.claim.mine);
  const at = book.items.findIndex((item) => item.id === id);
  const below = book.items.slice(at + 1).find(free);
  return below ?? book.items.slice(0, Math.max(at, 0)).reverse().find(free) ?? null;
}
