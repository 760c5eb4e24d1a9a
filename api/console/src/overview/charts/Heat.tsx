// Counts by hour and weekday as squares of even steps of lightness.

import { stepOf, textWidth } from "./scale";
import { ChartSurface } from "./Surface";

interface HeatProps {
  rows: readonly { name: string; values: readonly number[] }[];
  columns: readonly string[];
  colours: readonly string[]; // from nothing to the most
  said: (row: number, column: number) => { title: string; lines: readonly string[] };
}

const ROW = 26;
const BOTTOM = 22;
const SCALE = 30; // of the legend below
const SWATCH = 28;

export function Heat({ rows, columns, colours, said: saidOf }: HeatProps) {
  const most = Math.max(1, ...rows.flatMap((row) => row.values));
  const left = Math.max(...rows.map((row) => textWidth(row.name))) + 10;
  const ground = rows.length * ROW;
  return (
    <ChartSurface height={ground + BOTTOM + SCALE}>
      {({ width, said }) => {
        const band = (width - left) / columns.length;
        const legend = width - colours.length * SWATCH - textWidth(String(most)) - 12;
        return (
          <>
            {rows.map((row, y) => (
              <g key={row.name}>
                <text x={left - 8} y={y * ROW + ROW / 2 + 5} textAnchor="end">{row.name}</text>
                {row.values.map((value, x) => (
                  <rect key={columns[x]} x={left + x * band + 1} y={y * ROW + 1} width={Math.max(band - 2, 1)} height={ROW - 2} rx="2"
                    fill={colours[stepOf(value, most, colours.length)]} {...said(saidOf(y, x))} />
                ))}
              </g>
            ))}
            {columns.map((column, x) => (
              <text key={column} x={left + (x + 0.5) * band} y={ground + 16} textAnchor="middle" className="figures">{column}</text>
            ))}
            <text x={legend - 8} y={ground + BOTTOM + 19} textAnchor="end" className="figures">0</text>
            {colours.map((colour, index) => (
              <rect key={colour} x={legend + index * SWATCH} y={ground + BOTTOM + 8} width={SWATCH} height="12" fill={colour} className="chart-swatch" />
            ))}
            <text x={width} y={ground + BOTTOM + 19} textAnchor="end" className="figures">{most}</text>
          </>
        );
      }}
    </ChartSurface>
  );
}
