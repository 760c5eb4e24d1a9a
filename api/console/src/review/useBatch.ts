// Rejecting a batch: all of it or nothing, and all of it taken back while there is time.

import { useRef, useState } from "react";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import type { QueueItem, RejectReason } from "./types";

export interface BatchDone {
  items: readonly QueueItem[];
  decisions: readonly { candidateId: string; decisionId: string }[];
  undoUntil: number; // epoch, ms; by our own clock
}

interface Batch {
  done: BatchDone | null;
  /** Throws `Problem` where nothing was rejected. */
  reject: (items: readonly QueueItem[], reason: RejectReason, note: string) => Promise<void>;
  /** How many were taken back; the others' time was over. */
  undo: () => Promise<readonly QueueItem[]>;
  forget: () => void;
}

export function useBatch(versionOf: (item: QueueItem) => number): Batch {
  const [done, setDone] = useState<BatchDone | null>(null);
  // The same id when the same batch is sent again after a lost answer: it counts once.
  const pending = useRef<{ id: string; key: string; pairs: [string, number][] } | null>(null);
  const reject = async (items: readonly QueueItem[], reason: RejectReason, note: string) => {
    const key = [...items.map((item) => item.id).sort(), reason, note].join(" ");
    if (pending.current?.key !== key) {
      pending.current = { id: crypto.randomUUID(), key, pairs: items.map((item) => [item.id, versionOf(item)]) };
    }
    const { id, pairs } = pending.current;
    try {
      const answer = await body(api.POST("/api/v1/queue/batch-rejections", { body: { batch_id: id, candidates: pairs, reason, note } }));
      pending.current = null;
      const [first] = answer.decided;
      // Both by the centre's clock: ours may be off.
      const seconds = first?.undo_until ? (Date.parse(first.undo_until) - Date.parse(first.decision.decided_at)) / 1000 : 0;
      setDone({
        items, undoUntil: Date.now() + seconds * 1000,
        decisions: answer.decided.map((one) => ({ candidateId: one.candidate_id, decisionId: one.decision.id })),
      });
    } catch (failure) {
      if (failure instanceof Problem && !failure.isPassing) pending.current = null; // refused: the next try is another one
      throw failure;
    }
  };
  const undo = async () => {
    const batch = done;
    if (!batch) return [];
    setDone(null);
    const results = await Promise.allSettled(batch.decisions.map(({ candidateId, decisionId }) =>
      body(api.POST("/api/v1/candidates/{candidate_id}/decisions/{decision_id}/undo", {
        params: { path: { candidate_id: candidateId, decision_id: decisionId } },
      }))));
    const undone = new Set(batch.decisions.filter((_, index) => results[index]?.status === "fulfilled").map((one) => one.candidateId));
    return batch.items.filter((item) => undone.has(item.id));
  };
  return { done, reject, undo, forget: () => setDone(null) };
}
