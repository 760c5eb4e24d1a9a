// Filters of the queue, kept in the address: a reload or a link shows the same list.

import type { ViolationCode } from "../parts/Violation";
import { violations } from "../parts/Violation";

export interface Filters {
  violation: ViolationCode | null;
  priority: number | null;
  camera: string | null;
  mine: boolean;
  overdue: boolean;
  state: "expired" | "need_more" | null; // null: what the reader may judge
}

export const noFilters: Filters = { violation: null, priority: null, camera: null, mine: false, overdue: false, state: null };

// Not waiting for anybody, but looked for at times: what expired can be reopened.
export const otherStates = ["need_more", "expired"] as const;

const PRIORITIES = ["0", "1", "2", "3"];

export function readFilters(search: URLSearchParams): Filters {
  const violation = search.get("violation");
  const priority = search.get("priority");
  return {
    violation: violations.find((one) => one === violation) ?? null,
    priority: priority !== null && PRIORITIES.includes(priority) ? Number(priority) : null,
    camera: search.get("camera"),
    mine: search.get("mine") === "1",
    overdue: search.get("overdue") === "1",
    state: otherStates.find((one) => one === search.get("state")) ?? null,
  };
}

export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  if (filters.violation) search.set("violation", filters.violation);
  if (filters.priority !== null) search.set("priority", String(filters.priority));
  if (filters.camera) search.set("camera", filters.camera);
  if (filters.mine) search.set("mine", "1");
  if (filters.overdue) search.set("overdue", "1");
  if (filters.state) search.set("state", filters.state);
  return search;
}

/** As the API's query. */
export function queryOf(filters: Filters) {
  return {
    ...(filters.violation ? { violation: filters.violation } : {}),
    ...(filters.priority === null ? {} : { priority: filters.priority }),
    ...(filters.camera ? { camera_id: filters.camera } : {}),
    ...(filters.mine ? { mine: true } : {}),
    ...(filters.overdue ? { overdue: true } : {}),
    ...(filters.state ? { state: [filters.state] } : {}),
  };
}

export const isFiltered = (filters: Filters) => writeFilters(filters).size > 0;
