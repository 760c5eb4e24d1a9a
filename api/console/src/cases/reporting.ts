// What a person may report on a case: what the case allows now, and what the person's roles allow.

import type { components } from "../api/schema";
import type { Role } from "../app/session";

type Schemas = components["schemas"];
export type Reported = Schemas["Reported"];
export type Outcome = Schemas["Outcome"];
export type ReturnReason = Schemas["ReturnReason"];

// As the API has it; whatever else is sent, it refuses.
const REPORTS_OF_ROLE: Partial<Record<Role, readonly Reported[]>> = {
  dispatcher: ["returned", "correcting"],
  street_team: ["correcting", "recheck"],
  operator: ["correcting", "still_there", "closed"],
};

export const outcomes = [
  "persuaded", "educated", "order_correction", "corrected", "no_penalty_minor", "no_penalty_first", "filed", "penalised", "transferred", "cleaned", "not_found",
] as const satisfies readonly Outcome[];

export const returnReasons = [
  "unclear", "incomplete", "wrong_place", "wrong_time", "wrong_subject", "not_ours", "duplicate", "other",
] as const satisfies readonly ReturnReason[];

export function reportsFor(roles: readonly Role[], next: readonly Reported[]): readonly Reported[] {
  const may = new Set(roles.flatMap((role) => REPORTS_OF_ROLE[role] ?? []));
  return next.filter((one) => may.has(one));
}
