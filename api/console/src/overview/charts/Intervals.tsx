// Shares as dots with their intervals; a share below the line is a triangle.

import { fitted, textWidth } from "./scale";
import { ChartSurface } from "./Surface";

export interface Share {
  key: string;
  names: readonly [string, string]; // camera, violation: on one line, or on two where that is too wide
  value: number; // 0 to 1, as the others
  low: number;
  high: number;
  counts: string; // a share without its number of reviews says nothing
  lines: readonly string[];
  isAlarm: boolean;
}

interface IntervalsProps {
  shares: readonly Share[];
  alarmBelow: number;
  colours: { plain: string; alarm: string };
}

export const ROW_PX = 30;
const TWO_LINES_PX = 38;
const BOTTOM = 22;
const MOST_NAME = 170;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

export function Intervals({ shares, alarmBelow, colours }: IntervalsProps) {
  const inOne = shares.map((share) => share.names.join(" · "));
  const isOne = Math.max(0, ...inOne.map(textWidth)) <= MOST_NAME;
  const row = isOne ? ROW_PX : TWO_LINES_PX;
  const left = Math.min(Math.max(0, ...(isOne ? inOne : shares.flatMap((share) => share.names)).map(textWidth)), MOST_NAME) + 12;
  const right = Math.max(0, ...shares.map((share) => textWidth(share.counts))) + 14;
  const ground = shares.length * row;
  return (
    <ChartSurface height={ground + BOTTOM}>
      {({ width, said }) => {
        const at = (share: number) => left + share * (width - left - right);
        return (
          <>
            {TICKS.map((tick) => (
              <g key={tick}>
                <path className="chart-grid" d={`M${at(tick)} 0V${ground}`} />
                <text x={at(tick)} y={ground + 17} textAnchor="middle" className="figures">{tick * 100}%</text>
              </g>
            ))}
            <path d={`M${at(alarmBelow)} 0V${ground}`} stroke={colours.alarm} strokeDasharray="5 4" />
            {shares.map((share, index) => {
              const y = (index + 0.5) * row;
              const colour = share.isAlarm ? colours.alarm : colours.plain;
              const [low, value, high] = [at(share.low), at(share.value), at(share.high)];
              return (
                <g key={share.key} {...said({ title: inOne[index] ?? "", lines: share.lines })}>
                  <rect className="chart-catch" x="0" y={y - row / 2} width={width} height={row} />
                  {(isOne ? [inOne[index] ?? ""] : share.names).map((line, at, lines) => (
                    <text key={at} x={left - 10} y={y + (lines.length === 1 ? 5 : at === 0 ? -3 : 13)} textAnchor="end" className={at === 1 ? "chart-second" : ""}>{fitted(line, MOST_NAME)}</text>
                  ))}
                  <path d={`M${low} ${y - 4}V${y + 4}M${high} ${y - 4}V${y + 4}M${low} ${y}H${high}`} stroke={colour} strokeWidth="2" fill="none" />
                  {share.isAlarm
                    ? <path d={`M${value} ${y - 6}L${value + 6} ${y + 5}H${value - 6}Z`} fill={colour} />
                    : <circle cx={value} cy={y} r="5" fill={colour} />}
                  <text x={width} y={y + 5} textAnchor="end" className="figures">{share.counts}</text>
                </g>
              );
            })}
          </>
        );
      }}
    </ChartSurface>
  );
}
