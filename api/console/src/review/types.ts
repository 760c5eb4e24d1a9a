// What the API says about candidates, by the names this section uses.

import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type QueueItem = Schemas["QueueItem"];
export type QueueCounts = Schemas["QueueCounts"];
export type CandidateDetail = Schemas["CandidateDetail"];
export type EvidenceItem = CandidateDetail["evidence"][number];
export type DecisionRequest = Schemas["DecisionRequest"];
export type Checklist = Schemas["Checklist"];
export type RejectReason = Schemas["RejectReason"];
export type MissingEvidence = Schemas["MissingEvidence"];
export type Purpose = Schemas["Purpose"];
export type Stage = NonNullable<CandidateDetail["stage"]>;
export type Verdict = DecisionRequest["verdict"];

export const checks = ["authentic", "clear", "complete", "accurate"] as const satisfies readonly (keyof Checklist)[];
export type Check = (typeof checks)[number];

export const missingEvidence = [
  "first_view",
  "later_view",
  "context",
  "close_up",
  "plate",
  "before_after",
  "clip",
  "episode_end",
  "other",
] as const satisfies readonly MissingEvidence[];
