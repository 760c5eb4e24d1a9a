// Why somebody cannot confirm a candidate now: codes with what the words need, in the order in which
// one would mend them. None: it can be confirmed.

import type { Claim } from "./claims";
import { checks, type CandidateDetail, type Check } from "./types";

export interface Obstacle {
  code:
    | "not_open" | "integrity_frozen" | "stage_role_missing" | "not_legal_qualified" | "recused" | "same_person"
    | "claimed" | "claim_failed" | "picture" | "check" | "decided";
  names?: readonly string[]; // of checks or pictures
  name?: string;
  until?: string | null;
  problem?: string;
}

export type Ticks = Record<Check, boolean>;

export const noTicks: Ticks = { authentic: false, clear: false, complete: false, accurate: false };

const KNOWN = new Set(["not_open", "stage_role_missing", "not_legal_qualified", "recused", "same_person"]);

export interface Facts {
  detail: CandidateDetail;
  claim: Claim;
  ticks: Ticks;
  broken: readonly string[]; // roles of pictures that are missing or not as signed
  onItsWay: boolean;
}

/** What keeps the person from judging at all: nothing that ticking would change. */
export function obstaclesToJudge({ detail, claim, onItsWay }: Omit<Facts, "ticks" | "broken">): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (onItsWay) found.push({ code: "decided" });
  for (const code of detail.obstacles) {
    if (KNOWN.has(code)) found.push({ code: code as Obstacle["code"] });
  }
  if (claim.is === "other") found.push({ code: "claimed", name: claim.name, until: claim.until });
  // Without a session the dialog on top asks for the password; the claim is taken again after it.
  const isRefused = claim.is === "failed" && !claim.problem.isPassing && claim.problem.status !== 401;
  if (isRefused && found.length === 0) {
    found.push({ code: "claim_failed", problem: claim.problem.code });
  }
  return found;
}

export function obstaclesToConfirm(facts: Facts): readonly Obstacle[] {
  const unmendable = obstaclesToJudge(facts);
  if (unmendable.length > 0) return unmendable; // ticking would not help: nobody is told to
  const found: Obstacle[] = [];
  const { detail, ticks, broken } = facts;
  if (detail.integrity_problem !== null) {
    found.push({ code: "integrity_frozen", problem: detail.integrity_problem });
  }
  if (broken.length > 0) found.push({ code: "picture", names: broken });
  const unticked = checks.filter((check) => !ticks[check]);
  if (unticked.length > 0) found.push({ code: "check", names: unticked });
  return found;
}
