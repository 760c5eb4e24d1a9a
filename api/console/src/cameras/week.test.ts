import { describe, expect, it } from "vitest";
import {
  CELL, CELLS_A_DAY, hoursOf, runsOf, secondsOf, shareOfCell, stretchesOf, timeOf, WEEK, weekdays, windowsOf, withCells,
  type Stretch, type WeeklyWindow,
} from "./week";

const window = (days: string, from: string, to: string): WeeklyWindow => ({
  days: days.split(" ") as WeeklyWindow["days"], from, to,
});

/** The core's own rule, for every half-hour of a week: the oracle of these tests. */
function opened(windows: readonly WeeklyWindow[], second: number): boolean {
  const [day, time] = [Math.floor(second / 86_400), second % 86_400];
  const [today, yesterday] = [weekdays[day], weekdays[(day + 6) % 7]];
  return windows.some(({ days, from, to }) => {
    const [begins, until] = [secondsOf(from), secondsOf(to)];
    const has = (one: typeof today) => one !== undefined && days.includes(one);
    if (begins < until) return has(today) && begins <= time && time < until;
    return (has(today) && time >= begins) || (has(yesterday) && time < until);
  });
}

const samples = Array.from({ length: 7 * CELLS_A_DAY * 2 }, (_, i) => i * (CELL / 2) + 60);
const isIn = (stretches: readonly Stretch[], second: number) =>
  stretches.some((one) => one.from <= second && second < one.until);

const table: [string, WeeklyWindow[]][] = [
  ["nothing", []],
  ["a morning", [window("sat", "06:00", "12:00")]],
  ["weekdays in the evening", [window("mon tue wed thu fri", "17:00", "21:30")]],
  ["across midnight", [window("fri sat", "22:00", "02:00")]],
  ["across the week's end", [window("sun", "20:00", "03:30")]],
  ["to midnight", [window("tue", "18:00", "00:00")]],
  ["from midnight", [window("tue", "00:00", "05:00")]],
  ["a whole day", [window("wed", "00:00", "00:00")]],
  ["a whole day from the afternoon", [window("wed", "15:00", "15:00")]],
  ["all week", [window(weekdays.join(" "), "00:00", "00:00")]],
  ["all week but an hour", [window("mon tue wed thu fri sat", "00:00", "00:00"), window("sun", "00:00", "23:00")]],
  ["minutes", [window("thu", "06:15", "08:50"), window("thu", "08:50:30", "09:00")]],
  ["overlapping", [window("mon", "08:00", "12:00"), window("mon", "10:00", "14:00"), window("mon", "14:00", "15:00")]],
  ["two windows of one day", [window("mon tue", "06:00", "09:00"), window("mon tue", "17:00", "22:00")]],
];

describe("windows and stretches", () => {
  it.each(table)("%s: stretches mean what the core means", (_, windows) => {
    const stretches = stretchesOf(windows);
    for (const second of samples) expect(isIn(stretches, second)).toBe(opened(windows, second));
  });

  it.each(table)("%s: windows from stretches mean the same, and stay", (_, windows) => {
    const stretches = stretchesOf(windows);
    const again = windowsOf(stretches);
    for (const second of samples) expect(opened(again, second)).toBe(opened(windows, second));
    expect(stretchesOf(again)).toEqual(stretches);
    expect(windowsOf(stretchesOf(again))).toEqual(again);
  });

  it("keeps a night market one window", () => {
    expect(windowsOf(stretchesOf([window("fri sat", "22:00", "02:00")]))).toEqual([window("fri sat", "22:00", "02:00")]);
    expect(windowsOf(stretchesOf([window("sun", "20:00", "03:30")]))).toEqual([window("sun", "20:00", "03:30")]);
  });

  it("cuts days that follow each other at midnight", () => {
    expect(windowsOf([{ from: 8 * 3600, until: 86_400 + 18 * 3600 }])).toEqual([
      window("mon", "08:00", "00:00"), window("tue", "00:00", "18:00"),
    ]);
  });

  it("shares hours between days", () => {
    const all = windowsOf(stretchesOf(weekdays.map((day) => window(day, "06:00", "09:00"))));
    expect(all).toEqual([window(weekdays.join(" "), "06:00", "09:00")]);
  });

  it("survives thousands of random paintings", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31; // a plain generator, so that a failure comes again
      return seed % below;
    };
    let stretches: Stretch[] = [];
    for (let step = 0; step < 400; step += 1) {
      const [a, b] = [{ day: random(7), slot: random(48) }, { day: random(7), slot: random(48) }];
      const isAllowed = random(3) > 0;
      stretches = withCells(stretches, a, b, isAllowed);
      expect(shareOfCell(stretches, a)).toBe(isAllowed ? 1 : 0);
      expect(shareOfCell(stretches, b)).toBe(isAllowed ? 1 : 0);
      expect(stretchesOf(windowsOf(stretches))).toEqual(stretches);
      expect(stretches.every((one) => one.from >= 0 && one.until <= WEEK && one.from < one.until)).toBe(true);
    }
  });
});

describe("painting", () => {
  it("takes a rectangle of days and hours", () => {
    const stretches = withCells([], { day: 4, slot: 43 }, { day: 0, slot: 34 }, true);
    expect(windowsOf(stretches)).toEqual([window("mon tue wed thu fri", "17:00", "22:00")]);
    expect(hoursOf(stretches)).toBe(25);
    const less = withCells(stretches, { day: 2, slot: 0 }, { day: 2, slot: 47 }, false);
    expect(windowsOf(less)).toEqual([window("mon tue thu fri", "17:00", "22:00")]);
  });

  it("leaves odd minutes alone where nobody painted", () => {
    const stretches = stretchesOf([window("thu", "06:15", "08:50")]);
    expect(shareOfCell(stretches, { day: 3, slot: 12 })).toBeCloseTo(0.5);
    expect(windowsOf(withCells(stretches, { day: 3, slot: 40 }, { day: 3, slot: 41 }, true))).toEqual([
      window("thu", "06:15", "08:50"), window("thu", "20:00", "21:00"),
    ]);
  });
});

describe("words", () => {
  it.each([[0, "00:00"], [86_400, "00:00"], [1800, "00:30"], [3661, "01:01:01"]])("%d s is %s", (seconds, said) => {
    expect(timeOf(seconds)).toBe(said);
  });

  it("names runs of days", () => {
    expect(runsOf(["mon", "tue", "wed", "sat"])).toEqual([["mon", "wed"], ["sat", "sat"]]);
    expect(runsOf([])).toEqual([]);
  });
});
