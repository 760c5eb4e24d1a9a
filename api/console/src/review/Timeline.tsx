// The course of the act on one line: when it appeared, when the rule fired, when pictures were taken.

import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { fixed } from "../parts/figures";
import type { Picture } from "./pictures";
import { roleWord } from "./roles";
import type { CandidateDetail } from "./types";

interface TimelineProps {
  detail: CandidateDetail;
  pictures: readonly Picture[];
  chosen: readonly number[];
  onChoose: (index: number) => void;
}

const MARGIN = 0.02; // of the line, on both sides
const LEAST_SPAN_MS = 10_000;

/** Where instants stand on a line from 0 to 1. */
export function placed(instants: readonly number[]): (at: number) => number {
  const [first, last] = [Math.min(...instants), Math.max(...instants)];
  const span = Math.max(last - first, LEAST_SPAN_MS);
  return (at) => MARGIN + ((at - first) / span) * (1 - 2 * MARGIN);
}

export function Timeline({ detail, pictures, chosen, onChoose }: TimelineProps) {
  const { t } = useTranslation("review");
  const marks = [
    { at: detail.started_at, word: t("evidence.appears"), shape: "├" },
    { at: detail.fired_at, word: t("evidence.fires"), shape: "▲" },
    { at: detail.last_seen_at, word: t(detail.ended_at ? "evidence.ended" : "evidence.lastSeen"), shape: "┤" },
  ].map((mark) => ({ ...mark, at: Date.parse(mark.at) }));
  const stills = pictures.map((picture) => Date.parse(picture.at));
  const place = placed([...marks.map((mark) => mark.at), ...stills]);
  const percent = (at: number) => `${fixed(place(at) * 100, 2)}%`;
  const [begin, end] = [Date.parse(detail.started_at), Date.parse(detail.last_seen_at)];
  return (
    <div className="timeline" role="group" aria-label={t("evidence.timeline")}>
      <div className="timeline-line" />
      <div className="timeline-act" style={{ left: percent(begin), right: `${100 - place(end) * 100}%` }} />
      <div className="timeline-words">
        {marks.map(({ at, word, shape }) => (
          <span key={shape}>
            <i aria-hidden="true">{shape}</i> {word} <span className="figures">{dayjs(at).format("HH:mm:ss")}</span>
          </span>
        ))}
      </div>
      {marks.map(({ at, shape }) => (
        <span key={shape} className="timeline-mark" style={{ left: percent(at) }} aria-hidden="true">{shape}</span>
      ))}
      {pictures.map((picture, index) => (
        <button key={picture.name} type="button" className="timeline-still" style={{ left: percent(stills[index] ?? 0) }}
          data-chosen={chosen.includes(index)} onClick={() => onChoose(index)} tabIndex={-1}
          title={`${roleWord(t, picture.role)} ${dayjs(picture.at).format("HH:mm:ss")}`} aria-label={roleWord(t, picture.role)} />
      ))}
    </div>
  );
}
