import { describe, expect, it } from "vitest";
import { coverageWindow, leastWatchedFirst, secondsWithin, shareBefore, shareText, stripesOf, unwatchedAt, unwatchedSince, type CoverageRow, type Unwatched } from "./coverage";

const T = Date.parse("2026-03-02T00:00:00Z");
const HOUR = 3_600_000;
const time = (from: number, to: number | null): Unwatched => ({
  began_at: new Date(T + from * HOUR).toISOString(), ended_at: to === null ? null : new Date(T + to * HOUR).toISOString(),
  reason: to === null ? "not_heard_of" : "not_watched", detail: "",
});
const row = (id: string, share: number | null, unwatched: Unwatched[] = []): CoverageRow => ({
  camera_id: id, camera_name: "", box_id: null, seconds: 86_400, watched_seconds: 86_400 * (share ?? 0), share, unwatched_count: unwatched.length, unwatched,
});

describe("coverage", () => {
  it("never rounds a missing minute away, nor a watched one", () => {
    expect([1, 0.99999, 0.953, 0.0001, 0].map(shareText)).toEqual(["100%", "99.9%", "95.3%", "0.1%", "0%"]);
  });

  it("knows since when nobody watches", () => {
    expect(unwatchedSince(row("a", 1))).toBeNull();
    expect(unwatchedSince(row("a", 0.5, [time(1, 2)]))).toBeNull();
    expect(unwatchedSince(row("a", 0.5, [time(1, 2), time(9, null)]))).toBe("2026-03-02T09:00:00.000Z");
    expect(unwatchedSince(undefined)).toBeNull();
  });

  it("knows whether somebody watched at an instant", () => {
    const seen = row("a", 0.5, [time(1, 2), time(9, null)]);
    expect([0.5, 1, 1.9, 2, 8, 10].map((hour) => unwatchedAt(seen, T + hour * HOUR) !== null)).toEqual([false, true, true, false, false, true]);
    expect(unwatchedAt(undefined, T)).toBeNull();
  });

  it("counts only what lies in the window", () => {
    expect(secondsWithin(time(-3, 2), T, T + 24 * HOUR)).toBe(7200);
    expect(secondsWithin(time(22, null), T, T + 24 * HOUR)).toBe(7200);
    expect(secondsWithin(time(-3, -2), T, T + 24 * HOUR)).toBe(0);
  });

  it("draws a short time wide enough to be seen, inside the strip", () => {
    const [before, long, last] = [time(-3, -2), time(6, 12), time(23.9999, null)];
    expect(stripesOf([before, long, last], T, T + 24 * HOUR)).toEqual([{ time: long, from: 0.25, to: 0.5, isOpen: false }, { time: last, from: 0.996, to: 1, isOpen: true }]);
  });

  it("knows for how much of the strip a camera was not registered", () => {
    const shares = [86_400, 21_600, 0].map((seconds) => shareBefore({ ...row("a", 1), seconds }, T, T + 24 * HOUR));
    expect(shares).toEqual([0, 0.75, 1]);
  });

  it("looks at a whole day and puts the least watched first", () => {
    const { begins, ends } = coverageWindow(T + 61_000);
    expect([ends - begins, ends - T]).toEqual([24 * HOUR, 60_000]);
    expect([row("new", null), row("b", 1), row("a", 0.2)].sort(leastWatchedFirst).map((one) => one.camera_id)).toEqual(["a", "b", "new"]);
  });
});
