// What each chart shows, from the figures of the API and in the reader's language.

import type { TFunction } from "i18next";
import { stateColour, type Appearance } from "../app/theme";
import { fixed } from "../parts/figures";
import type { Share } from "./charts/Intervals";
import type { Series } from "./charts/Surface";
import type { KindRow, Pace, PrecisionRow, Workload } from "./figures";

type Say = TFunction<"overview">;
type SayCommon = TFunction;

export const percent = (share: number): string => `${fixed(share * 100, share === 1 || share === 0 ? 0 : 1)}%`;

const spanText = (minutes: number, t: Say) =>
  minutes >= 1440 ? t("days", { count: minutes / 1440 }) : minutes >= 60 ? t("hours", { count: minutes / 60 }) : t("minutes", { count: minutes });

/** A class of waiting times, by its end: "≤30 分", ">5 天". */
export function ageName({ from_minutes: from, to_minutes: to }: Workload["ages"][number], t: Say): string {
  return to == null ? `>${spanText(from, t)}` : `≤${spanText(to, t)}`;
}

export function ageSeries(workload: Workload, t: Say, appearance: Appearance): Series[] {
  return [{ name: t("waiting"), colour: stateColour("claimed", appearance), hatch: "plain", values: workload.ages.map((one) => one.waiting) }];
}

/** The hour is written as the city's clock has it, whatever this computer's zone is. */
export const hourName = (hour: string) => `${hour.slice(5, 10)} ${hour.slice(11, 13)}:00`;

export function paceSeries(pace: Pace, t: Say, appearance: Appearance): Series[] {
  return [
    { name: t("confirmed"), colour: stateColour("confirmed", appearance), hatch: "plain", values: pace.rows.map((row) => row.confirmed) },
    { name: t("rejected"), colour: stateColour("rejected", appearance), hatch: "dots", values: pace.rows.map((row) => row.rejected) },
    { name: t("needMore"), colour: stateColour("warning", appearance), hatch: "lines", values: pace.rows.map((row) => row.need_more) },
  ];
}

export function kindSeries(kinds: readonly KindRow[], t: Say, appearance: Appearance): Series[] {
  return [
    { name: t("confirmed"), colour: stateColour("confirmed", appearance), hatch: "plain", values: kinds.map((row) => row.confirmed) },
    { name: t("rejected"), colour: stateColour("rejected", appearance), hatch: "dots", values: kinds.map((row) => row.rejected) },
    { name: t("waiting"), colour: stateColour("claimed", appearance), hatch: "lines", values: kinds.map((row) => row.waiting) },
  ];
}

/** Each camera and violation with its interval, in the API's order: the worst first. */
export function sharesOf(rows: readonly PrecisionRow[], t: Say, tc: SayCommon): Share[] {
  return rows.flatMap((row) => {
    const { precision, confirmed, rejected, waiting } = row;
    if (!precision) return [];
    return [{
      key: `${row.camera_id}.${row.violation}`,
      names: [row.camera_name || row.camera_id, tc(`violation.${row.violation}`)],
      value: precision.value, low: precision.low, high: precision.high, isAlarm: row.alarm,
      counts: `${confirmed}/${confirmed + rejected}`,
      lines: [
        percent(precision.value), t("interval", { low: percent(precision.low), high: percent(precision.high) }),
        t("counts", { confirmed, rejected, waiting }),
      ],
    }];
  });
}

// Cividis: even in lightness, the same for every kind of colour sight.
export const heatColours = (appearance: Appearance): readonly string[] =>
  appearance === "dark" ? ["#1d2630", "#31446b", "#666970", "#a69d75", "#ffe945"] : ["#f0f2f4", "#cfd8c0", "#a69d75", "#575c6d", "#00224d"];
