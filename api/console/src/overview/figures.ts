// Figures of the overview put together from what the API counts.

import type { components } from "../api/schema";
import type { ViolationCode } from "../parts/Violation";

export type Precision = components["schemas"]["Precision"];
export type PrecisionRow = components["schemas"]["PrecisionRow"];
export type Workload = components["schemas"]["Workload"];
export type Pace = components["schemas"]["Pace"];
export type Hours = components["schemas"]["Hours"];
export type QueueItem = components["schemas"]["QueueItem"];

export interface KindRow {
  violation: ViolationCode;
  received: number;
  confirmed: number;
  rejected: number;
  waiting: number;
}

/** What came of each kind, over all cameras. */
export function byKind(rows: readonly PrecisionRow[], kinds: readonly ViolationCode[]): KindRow[] {
  return kinds.map((violation) => {
    const own = rows.filter((row) => row.violation === violation);
    const sum = (of: (row: PrecisionRow) => number) => own.reduce((total, row) => total + of(row), 0);
    return {
      violation, received: sum((row) => row.received), confirmed: sum((row) => row.confirmed),
      rejected: sum((row) => row.rejected), waiting: sum((row) => row.waiting),
    };
  });
}

/** Acts by weekday (0: Monday) and hour; every cell is there. */
export function weekOf(rows: Hours["rows"]): number[][] {
  const cells = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const { weekday, hour, acts } of rows) {
    const day = cells[weekday];
    if (day) day[hour] = (day[hour] ?? 0) + acts;
  }
  return cells;
}

const HOUR_MS = 3_600_000;

/** Episodes that were under way in the hour that ended so many hours ago; 0: now. */
export function underWay(episodes: readonly QueueItem[], hoursAgo: number, now: number): QueueItem[] {
  const until = now - hoursAgo * HOUR_MS;
  const from = hoursAgo === 0 ? now : until - HOUR_MS;
  return episodes.filter((episode) => {
    const ended = episode.ended_at ? Date.parse(episode.ended_at) : now;
    return Date.parse(episode.started_at) <= until && ended >= from;
  });
}
