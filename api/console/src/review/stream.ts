// What happens to candidates, live: server-sent events, and where these do not come, asking again.

import type { Change } from "./book";
import type { QueueItem } from "./types";

export const POLL_MS = 5000;
const TRY_STREAM_AGAIN_MS = 15_000;

export interface StreamListener {
  onChange: (change: Change) => void;
  onReset: () => void; // more happened than the stream can tell
  onPoll: () => void;
  onLive: (isLive: boolean) => void;
}

/** What one event of the stream says; null: nothing that we know. */
export function readChange(text: string): Change | null {
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    if (typeof said["candidate_id"] !== "string" || typeof said["state"] !== "string") return null;
    const textOf = (value: unknown) => (typeof value === "string" ? value : null);
    return {
      candidateId: said["candidate_id"],
      action: textOf(said["action"]) ?? "",
      state: said["state"] as QueueItem["state"],
      version: Number(said["version"] ?? 0),
      claimedBy: textOf(said["claimed_by"]),
      claimedUntil: textOf(said["claimed_until"]),
    };
  } catch {
    return null;
  }
}

/** Follows the queue from a number of the log on; gives what ends it. */
export function followQueue(start: number, listener: StreamListener): () => void {
  let source: EventSource | null = null;
  let polling: ReturnType<typeof setInterval> | null = null;
  let again: ReturnType<typeof setTimeout> | null = null;
  let position = String(start);
  let ended = false;

  const poll = (isWanted: boolean) => {
    if (isWanted && polling === null) polling = setInterval(listener.onPoll, POLL_MS);
    if (!isWanted && polling !== null) {
      clearInterval(polling);
      polling = null;
    }
  };
  const open = () => {
    if (ended) return;
    source = new EventSource(`/api/v1/queue/stream?cursor=${position}`);
    source.onopen = () => {
      poll(false);
      listener.onLive(true);
    };
    source.onerror = () => {
      listener.onLive(false);
      poll(true);
      // The browser comes back by itself after a lost line, not after a refusal.
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, TRY_STREAM_AGAIN_MS);
    };
    source.addEventListener("candidate", (event) => {
      position = event.lastEventId || position;
      const change = readChange(event.data as string);
      if (change) listener.onChange(change);
    });
    source.addEventListener("reset", (event) => {
      position = event.lastEventId || position;
      listener.onReset();
    });
  };
  open();
  return () => {
    ended = true;
    source?.close();
    poll(false);
    if (again !== null) clearTimeout(again);
  };
}
