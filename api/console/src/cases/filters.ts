// Filters of the list of cases, kept in the address, and views of them that somebody saved.

import { violations, type ViolationCode } from "../parts/Violation";

export const caseStates = ["exported", "acknowledged", "returned", "correcting", "recheck", "withdrawn", "closed"] as const;
export type CaseState = (typeof caseStates)[number];

export interface CaseFilters {
  states: readonly CaseState[];
  violation: ViolationCode | null;
  camera: string | null;
  from: string | null; // local days, YYYY-MM-DD; both included
  to: string | null;
}

export const noCaseFilters: CaseFilters = { states: [], violation: null, camera: null, from: null, to: null };

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const dayOf = (text: string | null) => (text !== null && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : null);

export function readCaseFilters(search: URLSearchParams): CaseFilters {
  const wanted = search.getAll("state");
  const violation = search.get("violation");
  return {
    states: caseStates.filter((state) => wanted.includes(state)),
    violation: violations.find((one) => one === violation) ?? null,
    camera: search.get("camera") || null,
    from: dayOf(search.get("from")),
    to: dayOf(search.get("to")),
  };
}

export function writeCaseFilters({ states, violation, camera, from, to }: CaseFilters): URLSearchParams {
  const search = new URLSearchParams();
  for (const state of states) search.append("state", state);
  for (const [name, value] of Object.entries({ violation, camera, from, to })) if (value) search.set(name, value);
  return search;
}

const startOf = (day: string, plusDays = 0) => {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + plusDays).toISOString();
};

/** As the API's query; days are local ones. */
export function caseQueryOf({ states, violation, camera, from, to }: CaseFilters) {
  return {
    ...(states.length > 0 ? { state: [...states] } : {}),
    ...(violation ? { violation } : {}),
    ...(camera ? { camera_id: camera } : {}),
    ...(from ? { created_from: startOf(from) } : {}),
    ...(to ? { created_before: startOf(to, 1) } : {}),
  };
}

export interface SavedView {
  name: string;
  search: string; // as in the address
}

const KEY = "streetcase.case-views";
const MAX_VIEWS = 30;

export function readViews(load: () => string | null = () => localStorage.getItem(KEY)): readonly SavedView[] {
  try {
    const kept: unknown = JSON.parse(load() ?? "[]");
    if (!Array.isArray(kept)) return [];
    return (kept as SavedView[]).filter((one) => typeof one?.name === "string" && typeof one.search === "string");
  } catch {
    return [];
  }
}

export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  return [...views.filter((one) => one.name !== view.name), view].slice(-MAX_VIEWS);
}

export function saveViews(views: readonly SavedView[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(views));
  } catch {
    // private windows refuse storage; the view lives as long as the page
  }
}
