// How much of the last day a camera was watched: a share, a strip of the day, gaps in words.

import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour } from "../app/theme";
import { fixed } from "../parts/figures";
import { formatSpan } from "../parts/When";
import { secondsWithin, shareBefore, shareText, stripesOf, unwatchedSince, type CoverageRow, type Unwatched } from "./coverage";

export interface Span {
  begins: number;
  ends: number;
}

/** "09:12" of the same day, today if none is named, else with its date. */
export function clockText(at: string, day = dayjs()): string {
  const instant = dayjs(at);
  return instant.format(instant.isSame(day, "day") ? "HH:mm" : "MM-DD HH:mm");
}

/** One unwatched time as a person would say it. */
export function useGapText(): (time: Unwatched, span: Span) => string {
  const { t, i18n } = useTranslation("cameras");
  return (time, { begins, ends }) => {
    const lasted = formatSpan(secondsWithin(time, begins, ends), i18n.language);
    const before = Date.parse(time.began_at) < begins;
    if (time.ended_at === null) return t(before ? "coverage.sinceBefore" : "coverage.since", { from: clockText(time.began_at), lasted });
    return t("coverage.gap", { from: clockText(time.began_at), to: clockText(time.ended_at, dayjs(time.began_at)), lasted });
  };
}

const percent = (share: number) => `${fixed(share * 100, 3)}%`;

/** The day as a strip: filled where it was watched, hatched where nobody looked, empty before the camera was registered. */
export function CoverageStrip({ row, span }: { row: CoverageRow; span: Span }) {
  const { t } = useTranslation("cameras");
  const say = useGapText();
  const before = shareBefore(row, span.begins, span.ends);
  const label = row.share === null ? t("coverage.notThen") : row.unwatched.length === 0 ? t("coverage.whole") : row.unwatched.map((time) => say(time, span)).join("; ");
  return (
    <span className="coverage-strip" role="img" aria-label={label} title={label}>
      {before > 0 && <span className="coverage-part" data-kind="before" style={{ left: 0, width: percent(before) }} title={t("coverage.legend.before")} />}
      {stripesOf(row.unwatched, span.begins, span.ends).map(({ time, from, to, isOpen }) => (
        <span key={time.began_at} className="coverage-part" data-kind={isOpen ? "open" : "gap"} style={{ left: percent(from), width: percent(to - from) }} title={say(time, span)} />
      ))}
    </span>
  );
}

const legend = ["watched", "gap", "open", "before"] as const;

/** What the parts of a strip mean. */
export function CoverageLegend() {
  const { t } = useTranslation("cameras");
  return (
    <span className="coverage-legend quiet small">
      {legend.map((kind) => (
        <span key={kind}><span className="coverage-swatch" aria-hidden="true">{kind !== "watched" && <span className="coverage-part" data-kind={kind} />}</span> {t(`coverage.legend.${kind}`)}</span>
      ))}
    </span>
  );
}

/** The share; in the colour of what is offline only while nobody watches. */
export function CoverageShare({ row }: { row: CoverageRow }) {
  const { t } = useTranslation("cameras");
  const appearance = useAppearance();
  if (row.share === null) return <span className="quiet">{t("coverage.notThen")}</span>;
  const isOut = unwatchedSince(row) !== null;
  const colour = isOut ? "overdue" : row.share < 1 ? "warning" : null;
  return (
    <span className="figures state" data-share={row.share} {...(colour ? { style: { color: stateColour(colour, appearance) } } : {})}>
      {colour && <span aria-hidden="true">{isOut ? "▲" : "◐"}</span>} {shareText(row.share)}
    </span>
  );
}
