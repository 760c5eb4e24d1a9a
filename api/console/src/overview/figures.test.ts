import { describe, expect, it } from "vitest";
import { byKind, underWay, weekOf, type PrecisionRow, type QueueItem } from "./figures";

const NOW = Date.parse("2026-11-23T10:00:00Z");
const hours = (ago: number) => new Date(NOW - ago * 3_600_000).toISOString();
const episode = (id: string, began: number, ended: number | null) =>
  ({ id, started_at: hours(began), ended_at: ended === null ? null : hours(ended) }) as QueueItem;

describe("figures", () => {
  it("adds up each kind over cameras", () => {
    const row = (violation: string, received: number) => ({ violation, received, confirmed: 1, rejected: 2, waiting: 3 }) as PrecisionRow;
    expect(byKind([row("ILLEGAL_AD", 4), row("ILLEGAL_AD", 5)], ["STREET_VENDING", "ILLEGAL_AD"])).toEqual([
      { violation: "STREET_VENDING", received: 0, confirmed: 0, rejected: 0, waiting: 0 },
      { violation: "ILLEGAL_AD", received: 9, confirmed: 2, rejected: 4, waiting: 6 },
    ]);
  });

  it("fills a week, and adds kinds of one hour", () => {
    const week = weekOf([
      { weekday: 6, hour: 23, violation: "ILLEGAL_AD", acts: 2 }, { weekday: 6, hour: 23, violation: "STREET_VENDING", acts: 1 },
    ]);
    expect(week.flat()).toHaveLength(168);
    expect(week[6]?.[23]).toBe(3);
  });

  it("tells which episodes were under way in an hour", () => {
    const all = [episode("open", 5, null), episode("over", 5, 3.5), episode("young", 0.2, null)];
    const at = (ago: number) => underWay(all, ago, NOW).map((one) => one.id);
    expect(at(0)).toEqual(["open", "young"]);
    expect(at(3)).toEqual(["open", "over"]);
    expect(at(2)).toEqual(["open"]);
    expect(at(6)).toEqual([]);
  });
});
