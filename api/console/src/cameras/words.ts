// Zones, windows and their problems in words.

import type { TFunction } from "i18next";
import type { MergeItem } from "./merge";
import { businesses, zoneKinds, type Zone, type ZoneProblem } from "./settings";
import { runsOf, secondsOf, timeOf, type Weekday, type WeeklyWindow } from "./week";

type Say = TFunction<"cameras">;

export function zoneName(zone: Pick<Zone, "name" | "kind">, t: Say): string {
  return zone.name ? `${t(`kind.${zone.kind}`)} · ${zone.name}` : t(`kind.${zone.kind}`);
}

function daysText(days: readonly Weekday[], t: Say): string {
  if (days.length === 7) return t("week.everyday");
  return runsOf(days)
    .map(([first, last]) =>
      first === last ? t(`day.${first}`) : t("week.range", { from: t(`day.${first}`), to: t(`day.${last}`) }))
    .join(t("week.and"));
}

export function windowText(window: WeeklyWindow, t: Say): string {
  const [from, to] = [timeOf(secondsOf(window.from)), timeOf(secondsOf(window.to))];
  const days = daysText(window.days, t);
  if (from === to && from === "00:00") return `${days} ${t("week.wholeDay")}`;
  const crosses = secondsOf(window.to) <= secondsOf(window.from) && to !== "00:00";
  return `${days} ${from}–${crosses ? t("week.nextDay") : ""}${to === "00:00" ? "24:00" : to}`;
}

export function windowsText(windows: readonly WeeklyWindow[], t: Say): string {
  return windows.length === 0 ? t("zone.always") : windows.map((window) => windowText(window, t)).join("; ");
}

/** Edges and corners are counted from 1, as on the picture. */
export function problemText(problem: ZoneProblem, t: Say): string {
  switch (problem.code) {
    case "crosses":
      return t("problem.crosses", { first: problem.first + 1, second: problem.second + 1 });
    case "tooFew":
    case "tooMany":
      return t(`problem.${problem.code}`, { corners: problem.corners });
    case "outside":
      return t("problem.outside", { corner: problem.corner + 1 });
    default:
      return t(`problem.${problem.code}`);
  }
}

/** The value of one field of a view or a zone. */
export function valueText(field: string, value: unknown, t: Say): string {
  if (value === null || value === undefined || value === "") return "–";
  if (field === "windows" && Array.isArray(value)) return windowsText(value as WeeklyWindow[], t);
  if (field === "polygon" && Array.isArray(value)) return t("zone.corners", { count: value.length });
  if (field === "kind") {
    const kind = zoneKinds.find((one) => one === value);
    return kind ? t(`kind.${kind}`) : String(value);
  }
  if (field === "business" && Array.isArray(value)) {
    const named = businesses.filter((one) => value.includes(one));
    return named.length === 0 ? t("zone.anyBusiness") : named.map((one) => t(`business.${one}`)).join(", ");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function itemName(item: MergeItem, t: Say): string {
  if (item.zoneId === null) return t(`field.${item.key as "name" | "place" | "timezone" | "gb28181_id"}`);
  const zone = (item.mine ?? item.theirs ?? item.base) as Zone;
  return `${zoneName(zone, t)} (${item.zoneId})`;
}
