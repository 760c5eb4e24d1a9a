// Counts as lying bars, one for each category; the parts follow each other.

import { fitted, textWidth, ticksOf } from "./scale";
import { ChartSurface, HatchDefinition, Legend, type Series } from "./Surface";

interface RowsProps {
  categories: readonly string[];
  series: readonly Series[];
  height: number;
}

const TOP = 26;
const BOTTOM = 20;
const MOST_NAME = 150; // px for the names
const THICK = 20;

export function Rows({ categories, series, height }: RowsProps) {
  const totals = categories.map((_, index) => series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0));
  const ticks = ticksOf(Math.max(0, ...totals), 4);
  const top = ticks.at(-1) ?? 1;
  const left = Math.min(Math.max(...categories.map(textWidth)), MOST_NAME) + 10;
  return (
    <ChartSurface height={height}>
      {({ width, ids, said }) => {
        const scale = (width - left - 14) / top;
        const band = (height - TOP - BOTTOM) / Math.max(categories.length, 1);
        return (
          <>
            <defs>{series.map((one, index) => <HatchDefinition key={one.name} id={`${ids}${index}`} {...one} />)}</defs>
            <Legend series={series} fill={(index) => `url(#${ids}${index})`} />
            {ticks.map((tick) => (
              <g key={tick}>
                <path className="chart-grid" d={`M${left + tick * scale} ${TOP}V${height - BOTTOM}`} />
                <text x={left + tick * scale} y={height - 5} textAnchor="middle" className="figures">{tick}</text>
              </g>
            ))}
            {categories.map((category, index) => {
              const middle = TOP + band * (index + 0.5);
              let x = left;
              return (
                <g key={category} {...said({ title: category, lines: series.map((one) => `${one.name} ${one.values[index] ?? 0}`) })}>
                  <rect className="chart-catch" x="0" y={middle - band / 2} width={width} height={band} />
                  <text x={left - 8} y={middle + 5} textAnchor="end">{fitted(category, MOST_NAME)}</text>
                  {series.map((one, part) => {
                    const long = (one.values[index] ?? 0) * scale;
                    x += long;
                    return long > 0 && <rect key={one.name} x={x - long} y={middle - THICK / 2} width={long} height={THICK} fill={`url(#${ids}${part})`} />;
                  })}
                </g>
              );
            })}
          </>
        );
      }}
    </ChartSurface>
  );
}
