// How one decision reaches the centre: claimed if it is not yet, then sent with the version that the
// person saw. A decision that is sent again goes out exactly as it did the first time.

import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import type { Claims } from "./claims";
import type { Entry, Taken } from "./outbox";

const UNDO_FALLBACK_SECONDS = 0; // nothing to undo where the answer gives no window
const CLAIM_AGAIN = new Set(["not_claimed", "claim_expired"]);

/** Sends an entry of the outbox. Throws `Problem` where the centre refuses or does not answer. */
export async function sendEntry(entry: Entry, claims: Claims, remember: (version: number) => void): Promise<Taken> {
  if (entry.verb === "recuse") return recuse(entry);
  if (entry.sentVersion !== null) {
    try {
      return await decide(entry, entry.sentVersion);
    } catch (error) {
      if (!(error instanceof Problem && CLAIM_AGAIN.has(error.code))) throw error;
    }
  }
  const version = await claimedVersion(entry, claims);
  remember(version);
  return decide(entry, version);
}

async function claimedVersion(entry: Entry, claims: Claims): Promise<number> {
  const claim = await claims.take(entry.candidateId);
  if (claim.is === "mine") {
    // Claiming raises the version by one; more means that it changed after the person saw it.
    const seen = Math.max(entry.seenVersion, entry.sentVersion ?? 0);
    if (claim.version - seen <= 1) return claim.version;
    throw local("stale", { version: claim.version });
  }
  if (claim.is === "other") throw local("claimed", { claimed_by: claim.name, claimed_until: claim.until });
  throw claim.is === "failed" ? claim.problem : local("not_claimed", {});
}

const local = (code: string, fields: Record<string, unknown>) =>
  new Problem({ status: 409, title: "Conflict", detail: "", code, fields });

async function decide(entry: Entry, version: number): Promise<Taken> {
  if (!entry.body) throw local("not_open", {});
  const answer = await body(
    api.POST("/api/v1/candidates/{candidate_id}/decisions", {
      params: { path: { candidate_id: entry.candidateId } },
      body: { ...entry.body, decision_id: entry.id, version },
    }),
  );
  if (!answer.undo_until) return { undoSeconds: UNDO_FALLBACK_SECONDS };
  // Both by the centre's clock: ours may be off.
  const seconds = (Date.parse(answer.undo_until) - Date.parse(answer.decision.decided_at)) / 1000;
  return { undoSeconds: Math.max(seconds, 0) };
}

async function recuse(entry: Entry): Promise<Taken> {
  await body(
    api.POST("/api/v1/candidates/{candidate_id}/recusals", {
      params: { path: { candidate_id: entry.candidateId } },
      body: { decision_id: entry.id, note: entry.note },
    }),
  );
  return { undoSeconds: UNDO_FALLBACK_SECONDS };
}

/** Takes a decision back; the candidate is the person's own again. */
export async function undoEntry(entry: Entry, claims: Claims): Promise<void> {
  const answer = await body(
    api.POST("/api/v1/candidates/{candidate_id}/decisions/{decision_id}/undo", {
      params: { path: { candidate_id: entry.candidateId, decision_id: entry.id } },
    }),
  );
  const until = answer.claimed_until ? Date.parse(answer.claimed_until) : Date.now();
  claims.note(entry.candidateId, { is: "mine", version: answer.version, until });
}
