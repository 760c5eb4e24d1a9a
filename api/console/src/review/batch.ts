// Advertisements that may be rejected together: of one street and one day, as the centre allows.

import type { QueueItem } from "./types";

export const MAX_BATCH = 200; // as the API
export const LEAST_BATCH = 2; // one alone is rejected as any other

const dayOf = (at: string) => new Date(at).toDateString();

/** What of the queue belongs to the same batch as an item, that item first; empty: there is none. */
export function batchOf(items: readonly QueueItem[], gone: ReadonlyMap<string, unknown>, id: string | null): readonly QueueItem[] {
  const first = items.find((item) => item.id === id);
  if (!first || first.violation !== "ILLEGAL_AD") return [];
  const isFree = (item: QueueItem) => !gone.has(item.id) && (item.claim === null || item.claim.mine);
  const others = items.filter(
    (item) =>
      item.id !== first.id && item.violation === first.violation && item.state === first.state &&
      item.organisation_path === first.organisation_path && dayOf(item.started_at) === dayOf(first.started_at) && isFree(item),
  );
  return isFree(first) ? [first, ...others].slice(0, MAX_BATCH) : [];
}
