// Counts as columns, one for each category; several series stand on top of each other.

import { labelStep, textWidth, ticksOf } from "./scale";
import { ChartSurface, HatchDefinition, Legend, type Series } from "./Surface";

interface ColumnsProps {
  categories: readonly string[];
  series: readonly Series[];
  height: number;
}

const TOP = 22; // for the legend, or the figures above the columns
const BOTTOM = 22; // for the categories
const WIDEST = 34;
const SHARE = 0.64; // of its band that a column fills

const ROOM = 8; // px that a label may reach beyond the chart; its panel has that much to spare

export function Columns({ categories, series, height }: ColumnsProps) {
  const isSingle = series.length === 1;
  const totals = categories.map((_, index) => series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0));
  const ticks = ticksOf(Math.max(0, ...totals), 3);
  const top = ticks.at(-1) ?? 1;
  const left = Math.max(...ticks.map((tick) => textWidth(String(tick)))) + 8;
  return (
    <ChartSurface height={height}>
      {({ width, ids, said }) => {
        const band = (width - left) / Math.max(categories.length, 1);
        const thick = Math.min(band * SHARE, WIDEST);
        const ground = height - BOTTOM;
        const scale = (ground - TOP) / top;
        const step = labelStep(categories, band);
        const isLabelled = (index: number, middle: number) => {
          const half = textWidth(categories[index] ?? "") / 2;
          return index % step === 0 && middle - half > -ROOM && middle + half < width + ROOM;
        };
        return (
          <>
            <defs>{series.map((one, index) => <HatchDefinition key={one.name} id={`${ids}${index}`} {...one} />)}</defs>
            {!isSingle && <Legend series={series} fill={(index) => `url(#${ids}${index})`} x={left} />}
            {ticks.map((tick) => (
              <g key={tick}>
                <path className="chart-grid" d={`M${left} ${ground - tick * scale}H${width}`} />
                <text x={left - 6} y={ground - tick * scale + 4} textAnchor="end" className="figures">{tick}</text>
              </g>
            ))}
            {categories.map((category, index) => {
              const x = left + band * index + (band - thick) / 2;
              let y = ground;
              const lines = isSingle ? [String(totals[index])] : series.map((one) => `${one.name} ${one.values[index] ?? 0}`);
              return (
                <g key={category} {...said({ title: category, lines })}>
                  <rect className="chart-catch" x={left + band * index} y={TOP} width={band} height={ground - TOP} />
                  {series.map((one, part) => {
                    const tall = (one.values[index] ?? 0) * scale;
                    y -= tall;
                    return tall > 0 && <rect key={one.name} x={x} y={y} width={thick} height={tall} fill={`url(#${ids}${part})`} />;
                  })}
                  {isSingle && <text x={x + thick / 2} y={y - 5} textAnchor="middle" className="figures chart-value">{totals[index]}</text>}
                  {isLabelled(index, x + thick / 2) && <text x={x + thick / 2} y={height - 5} textAnchor="middle" className="figures">{category}</text>}
                </g>
              );
            })}
          </>
        );
      }}
    </ChartSurface>
  );
}
