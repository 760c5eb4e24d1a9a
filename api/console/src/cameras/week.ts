// Weekly windows as stretches of one week, so that they can be painted and joined across midnight.

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type Weekday = (typeof weekdays)[number];

/** As the core keeps it: `to` before `from` crosses midnight, equal times are a whole day. */
export interface WeeklyWindow {
  days: Weekday[]; // on which the window begins
  from: string; // HH:MM or HH:MM:SS, local time
  to: string; // not part of the window
}

/** Seconds since Monday 00:00; `until` is not part of it and never past Sunday 24:00. */
export interface Stretch {
  from: number;
  until: number;
}

const DAY = 86_400;
export const WEEK = 7 * DAY;
export const CELL = 1800; // half an hour
export const CELLS_A_DAY = DAY / CELL;
// A stretch that ends by then belongs to the evening before: a night market, not a new day.
const NIGHT_ENDS = 10 * 3600;

export function secondsOf(time: string): number {
  const [h = 0, m = 0, s = 0] = time.split(":").map(Number);
  return h * 3600 + m * 60 + s;
}

/** HH:MM, or HH:MM:SS where there are seconds; 24:00 is 00:00. */
export function timeOf(seconds: number): string {
  const s = ((seconds % DAY) + DAY) % DAY;
  const parts = [Math.floor(s / 3600), Math.floor((s % 3600) / 60), s % 60];
  return (parts[2] === 0 ? parts.slice(0, 2) : parts).map((part) => String(part).padStart(2, "0")).join(":");
}

/** Sorted, without overlaps; what touches is joined, but not over the week's end. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const one of [...stretches].sort((a, b) => a.from - b.from)) {
    if (one.until <= one.from) continue;
    const last = result.at(-1);
    if (last && one.from <= last.until) last.until = Math.max(last.until, one.until);
    else result.push({ ...one });
  }
  return result;
}

export function stretchesOf(windows: readonly WeeklyWindow[]): Stretch[] {
  const found: Stretch[] = [];
  for (const { days, from, to } of windows) {
    const [begin, end] = [secondsOf(from), secondsOf(to)];
    const length = end > begin ? end - begin : DAY - begin + end;
    for (const day of days) {
      const start = weekdays.indexOf(day) * DAY + begin;
      found.push({ from: start, until: Math.min(start + length, WEEK) });
      if (start + length > WEEK) found.push({ from: 0, until: start + length - WEEK });
    }
  }
  return joined(found);
}

/** Stretches cut so that each lies in one day, or runs from an evening into the night. */
function pieces(stretches: readonly Stretch[]): Stretch[] {
  const round = joined(stretches);
  const [first, last] = [round[0], round.at(-1)];
  const isWhole = round.length === 1 && first?.from === 0 && first.until === WEEK;
  // Sunday's night goes on into Monday: one stretch that ends past the week.
  if (first && last && first !== last && first.from === 0 && last.until === WEEK) {
    round.shift();
    last.until += first.until;
  } else if (isWhole) {
    return weekdays.map((_, day) => ({ from: day * DAY, until: (day + 1) * DAY }));
  }
  const result: Stretch[] = [];
  for (const { from, until } of round) {
    let begin = from;
    while (begin < until) {
      const midnight = (Math.floor(begin / DAY) + 1) * DAY;
      const nightEnds = until - midnight;
      const isNight = nightEnds > 0 && nightEnds <= NIGHT_ENDS && until - begin <= DAY;
      const end = isNight ? until : Math.min(until, midnight);
      result.push({ from: begin, until: end });
      begin = end;
    }
  }
  return result;
}

/** The fewest windows that mean these stretches; days with the same hours share one. */
export function windowsOf(stretches: readonly Stretch[]): WeeklyWindow[] {
  const byHours = new Map<string, WeeklyWindow>();
  for (const { from, until } of pieces(stretches)) {
    const day = weekdays[Math.floor(from / DAY) % 7];
    if (!day) continue;
    const [begin, end] = [timeOf(from), timeOf(until)];
    const window = byHours.get(`${begin}-${end}`) ?? { days: [], from: begin, to: end };
    window.days.push(day);
    byHours.set(`${begin}-${end}`, window);
  }
  const order = (window: WeeklyWindow) => weekdays.indexOf(window.days[0] ?? "mon") * DAY + secondsOf(window.from);
  return [...byHours.values()]
    .map((window) => ({ ...window, days: weekdays.filter((day) => window.days.includes(day)) }))
    .sort((a, b) => order(a) - order(b));
}

/** Stretches with one more, or with one taken out. */
export function painted(stretches: readonly Stretch[], one: Stretch, isAllowed: boolean): Stretch[] {
  if (isAllowed) return joined([...stretches, one]);
  return joined(
    stretches.flatMap((old) => [
      { from: old.from, until: Math.min(old.until, one.from) },
      { from: Math.max(old.from, one.until), until: old.until },
    ]),
  );
}

export interface Cell {
  day: number; // 0: Monday
  slot: number; // 0: 00:00 to 00:30
}

/** The stretches of a rectangle of cells, one for each day. */
export function stretchesOfCells(a: Cell, b: Cell): Stretch[] {
  const [low, high] = [Math.min(a.slot, b.slot), Math.max(a.slot, b.slot) + 1];
  const days: Stretch[] = [];
  for (let day = Math.min(a.day, b.day); day <= Math.max(a.day, b.day); day += 1) {
    days.push({ from: day * DAY + low * CELL, until: day * DAY + high * CELL });
  }
  return days;
}

export function withCells(stretches: readonly Stretch[], a: Cell, b: Cell, isAllowed: boolean): Stretch[] {
  return stretchesOfCells(a, b).reduce<Stretch[]>((sum, one) => painted(sum, one, isAllowed), [...stretches]);
}

/** The share of a cell that is allowed, 0 to 1. */
export function shareOfCell(stretches: readonly Stretch[], { day, slot }: Cell): number {
  const from = day * DAY + slot * CELL;
  const until = from + CELL;
  const covered = stretches.reduce(
    (sum, one) => sum + Math.max(0, Math.min(one.until, until) - Math.max(one.from, from)), 0,
  );
  return covered / CELL;
}

/** Hours a week. */
export function hoursOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, one) => sum + one.until - one.from, 0) / 3600;
}

/** Runs of days: mon, tue, wed, sat -> [mon, wed], [sat, sat]; for words such as Monday to Wednesday. */
export function runsOf(days: readonly Weekday[]): [Weekday, Weekday][] {
  const runs: [Weekday, Weekday][] = [];
  for (const [index, day] of weekdays.entries()) {
    if (!days.includes(day)) continue;
    const last = runs.at(-1);
    if (last && weekdays[index - 1] === last[1]) last[1] = day;
    else runs.push([day, day]);
  }
  return runs;
}
