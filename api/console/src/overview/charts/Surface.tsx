// What every chart is drawn on: an SVG of the place's own width, and a note beside the pointer.

import { useId, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { useSizeOf } from "../../viewer/PictureFrame";
import { textWidth } from "./scale";

export interface Tip {
  title: string;
  lines: readonly string[];
}

export interface Surface {
  width: number;
  ids: string; // what ids of this drawing begin with
  /** What an element says while somebody points at it. */
  said: (tip: Tip) => { onPointerMove: (event: PointerEvent) => void; onPointerLeave: () => void };
}

interface Pointed extends Tip {
  x: number;
  y: number;
}

const TIP_WIDTH = 190; // px, at most; the note stays inside the chart

export function ChartSurface({ height, children }: { height: number; children: (surface: Surface) => ReactNode }) {
  const [attach, { width }] = useSizeOf();
  const place = useRef<HTMLDivElement | null>(null);
  const ids = useId();
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const said = (tip: Tip) => ({
    onPointerMove: (event: PointerEvent) => {
      const bounds = place.current?.getBoundingClientRect();
      if (bounds) setPointed({ ...tip, x: event.clientX - bounds.left, y: event.clientY - bounds.top });
    },
    onPointerLeave: () => setPointed(null),
  });
  return (
    <div ref={(element) => {
      place.current = element;
      attach(element);
    }} className="chart" style={{ height }}>
      {width > 0 && <svg width={width} height={height} aria-hidden="true">{children({ width, ids, said })}</svg>}
      {pointed && (
        <div className="chart-tip figures" style={{ left: Math.min(pointed.x + 14, width - TIP_WIDTH), top: pointed.y + 14 }}>
          <div>{pointed.title}</div>
          {pointed.lines.map((line) => <div key={line}>{line}</div>)}
        </div>
      )}
    </div>
  );
}

export type Hatch = "plain" | "lines" | "dots";

/** A colour with a pattern, so that parts are told apart without colours. */
export function HatchDefinition({ id, colour, hatch }: { id: string; colour: string; hatch: Hatch }) {
  return (
    <pattern id={id} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform={hatch === "lines" ? "rotate(45)" : undefined}>
      <rect width="8" height="8" fill={colour} />
      {hatch === "lines" && <rect width="2.5" height="8" className="chart-hatch" />}
      {hatch === "dots" && <circle cx="4" cy="4" r="1.4" className="chart-hatch" />}
    </pattern>
  );
}

export interface Series {
  name: string;
  colour: string;
  hatch: Hatch;
  values: readonly number[];
}

/** The names of the series, in a row above the chart. */
export function Legend({ series, fill, x = 0 }: { series: readonly Series[]; fill: (index: number) => string; x?: number }) {
  let at = x;
  return (
    <g>
      {series.map(({ name }, index) => {
        const begin = at;
        at += 22 + textWidth(name) + 14;
        return (
          <g key={name} transform={`translate(${begin} 0)`}>
            <rect y="3" width="16" height="11" rx="2" fill={fill(index)} />
            <text x="22" y="13">{name}</text>
          </g>
        );
      })}
    </g>
  );
}
