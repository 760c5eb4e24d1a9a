// How much of the last day a camera was really watched. No violation seen is not the same as none.

import type { components } from "../api/schema";
import { fixed } from "../parts/figures";

export type CoverageRow = components["schemas"]["CoverageRow"];
export type Unwatched = CoverageRow["unwatched"][number];

export const COVERAGE_HOURS = 24;
const HOUR_MS = 3_600_000;

/** The window of the last day; its beginning stands on the minute, so that a minute's calls agree. */
export function coverageWindow(now: number): { begins: number; ends: number } {
  const ends = Math.floor(now / 60_000) * 60_000;
  return { begins: ends - COVERAGE_HOURS * HOUR_MS, ends };
}

/** Since when nobody watches a camera; null: it is watched, as far as the centre knows. */
export function unwatchedSince(row: CoverageRow | undefined): string | null {
  return row?.unwatched.find((time) => time.ended_at === null)?.began_at ?? null;
}

/** Since when nobody watched a camera at an instant; null: it was watched, as far as is known. */
export function unwatchedAt(row: CoverageRow | undefined, instant: number): string | null {
  return row?.unwatched.find((time) => Date.parse(time.began_at) <= instant && (time.ended_at === null || Date.parse(time.ended_at) > instant))?.began_at ?? null;
}

/** A share as a percentage that is never rounded to a whole day, nor to nothing. */
export function shareText(share: number): string {
  if (share >= 1) return "100%";
  if (share <= 0) return "0%";
  return `${fixed(Math.min(Math.max(Math.floor(share * 1000), 1), 999) / 10, 1)}%`;
}

/** Seconds of a time that lie in a window. */
export function secondsWithin(time: Unwatched, begins: number, ends: number): number {
  const from = Math.max(Date.parse(time.began_at), begins);
  const to = Math.min(time.ended_at ? Date.parse(time.ended_at) : ends, ends);
  return Math.max(0, to - from) / 1000;
}

export interface Stripe {
  time: Unwatched;
  from: number; // shares of the window, 0 to 1
  to: number;
  isOpen: boolean; // it goes on
}

/** Where the unwatched times stand on a strip of the window; the shortest are still to be seen. */
export function stripesOf(times: readonly Unwatched[], begins: number, ends: number, least = 0.004): Stripe[] {
  const span = ends - begins;
  return times.flatMap((time) => {
    if (secondsWithin(time, begins, ends) <= 0) return [];
    const from = Math.max(0, (Date.parse(time.began_at) - begins) / span);
    const to = time.ended_at ? Math.min(1, (Date.parse(time.ended_at) - begins) / span) : 1;
    return [{ time, from: Math.min(from, 1 - least), to: Math.min(1, Math.max(to, from + least)), isOpen: time.ended_at === null }];
  });
}

/** The share of a window, at its beginning, for which a camera was not registered yet. */
export function shareBefore(row: CoverageRow, begins: number, ends: number): number {
  return Math.min(1, Math.max(0, 1 - (row.seconds * 1000) / (ends - begins)));
}

/** The least watched first; one that was not registered then comes last. */
export const leastWatchedFirst = (a: CoverageRow, b: CoverageRow): number =>
  (a.share ?? 2) - (b.share ?? 2) || a.camera_id.localeCompare(b.camera_id);
