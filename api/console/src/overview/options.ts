// What each chart shows, for ECharts.

import type { TFunction } from "i18next";
import { stateColour, type Appearance } from "../app/theme";
import type { ChartOption } from "./echarts";
import type { KindRow, Pace, PrecisionRow, Workload } from "./figures";

type Say = TFunction<"overview">;
type SayCommon = TFunction;

const GRID = { left: 8, right: 12, top: 28, bottom: 4, containLabel: true };
const pattern = { aria: { enabled: true, decal: { show: true } } }; // bars differ by pattern, not by colour alone

export const percent = (share: number): string => `${(share * 100).toFixed(share === 1 || share === 0 ? 0 : 1)}%`;

function ageName(from: number, to: number | null, t: Say): string {
  const said = (minutes: number) => (minutes >= 1440 ? t("days", { count: minutes / 1440 }) : minutes >= 60 ? t("hours", { count: minutes / 60 }) : t("minutes", { count: minutes }));
  return to === null ? `>${said(from)}` : said(to);
}

export function ageOption(workload: Workload, t: Say, appearance: Appearance): ChartOption {
  return {
    grid: { ...GRID, top: 18 },
    tooltip: {},
    xAxis: { type: "category", data: workload.ages.map((one) => ageName(one.from_minutes, one.to_minutes ?? null, t)), axisTick: { show: false }, axisLabel: { interval: 0, fontSize: 11 } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3 },
    series: [{
      type: "bar", name: t("waiting"), data: workload.ages.map((one) => one.waiting), barMaxWidth: 34,
      itemStyle: { color: stateColour("claimed", appearance) }, label: { show: true, position: "top" },
    }],
  };
}

export function paceOption(pace: Pace, t: Say, appearance: Appearance): ChartOption {
  const hours = pace.rows.map((row) => row.hour);
  const series = (name: string, of: (row: Pace["rows"][number]) => number, color: string) =>
    ({ type: "bar", stack: "all", name, data: pace.rows.map(of), itemStyle: { color }, barMaxWidth: 26 });
  return {
    ...pattern,
    grid: GRID,
    legend: { top: 0, itemHeight: 10 },
    tooltip: { trigger: "axis" },
    // The hour is written as the city's clock has it, whatever this computer's zone is.
    xAxis: { type: "category", data: hours.map((hour) => `${hour.slice(5, 10)} ${hour.slice(11, 13)}`), axisLabel: { fontSize: 11, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, splitNumber: 3 },
    series: [
      series(t("confirmed"), (row) => row.confirmed, stateColour("confirmed", appearance)),
      series(t("rejected"), (row) => row.rejected, stateColour("rejected", appearance)),
      series(t("needMore"), (row) => row.need_more, stateColour("warning", appearance)),
    ],
  };
}

export function kindOption(rows: readonly KindRow[], t: Say, tc: SayCommon, appearance: Appearance): ChartOption {
  const kinds = [...rows].reverse(); // a category axis counts upwards
  const series = (name: string, of: (row: KindRow) => number, color: string) =>
    ({ type: "bar", stack: "all", name, data: kinds.map(of), itemStyle: { color }, barMaxWidth: 20 });
  return {
    ...pattern,
    grid: GRID,
    legend: { top: 0, itemHeight: 10 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "value", minInterval: 1, splitNumber: 4 },
    yAxis: { type: "category", data: kinds.map((row) => tc(`violation.${row.violation}`)), axisTick: { show: false } },
    series: [
      series(t("confirmed"), (row) => row.confirmed, stateColour("confirmed", appearance)),
      series(t("rejected"), (row) => row.rejected, stateColour("rejected", appearance)),
      series(t("waiting"), (row) => row.waiting, stateColour("claimed", appearance)),
    ],
  };
}

export function heatOption(week: readonly (readonly number[])[], days: readonly string[], t: Say, appearance: Appearance): ChartOption {
  const data = week.flatMap((day, weekday) => day.map((acts, hour) => [hour, 6 - weekday, acts]));
  const most = Math.max(1, ...week.flat());
  return {
    grid: { left: 8, right: 8, top: 8, bottom: 40, containLabel: true },
    tooltip: {
      formatter: ({ value: [hour, row, acts] }: { value: [number, number, number] }) =>
        `${days[6 - row]} ${String(hour).padStart(2, "0")}:00–${String(hour + 1).padStart(2, "0")}:00<br><b>${t("acts", { count: acts })}</b>`,
    },
    xAxis: { type: "category", data: Array.from({ length: 24 }, (_, hour) => String(hour)), splitArea: { show: true }, axisTick: { show: false } },
    yAxis: { type: "category", data: [...days].reverse(), axisTick: { show: false } },
    visualMap: {
      min: 0, max: most, calculable: true, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120, itemWidth: 12, precision: 0,
      // Cividis: even in lightness, the same for every kind of colour sight.
      inRange: { color: appearance === "dark" ? ["#1d2630", "#31446b", "#666970", "#a69d75", "#ffe945"] : ["#f4f6f8", "#cfd8c0", "#a69d75", "#575c6d", "#00224d"] },
    },
    series: [{ type: "heatmap", data, itemStyle: { borderWidth: 1, borderColor: appearance === "dark" ? "#141414" : "#ffffff" }, emphasis: { itemStyle: { borderColor: "#888" } } }],
  };
}

interface Drawing {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}

/** Each camera and violation as a dot with its interval; the worst on top. */
export function precisionOption(rows: readonly PrecisionRow[], alarmBelow: number, t: Say, tc: SayCommon, appearance: Appearance): ChartOption {
  const judged = rows.filter((row) => row.precision).reverse();
  const names = judged.map((row) => `${row.camera_name || row.camera_id} · ${tc(`violation.${row.violation}`)}`);
  const colour = (row: PrecisionRow | undefined) => stateColour(row?.alarm ? "warning" : "claimed", appearance);
  const data = judged.map((row, index) => [row.precision?.value ?? 0, index, row.precision?.low ?? 0, row.precision?.high ?? 0]);
  return {
    grid: { left: 8, right: 8, top: 8, bottom: 4, containLabel: true },
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const row = judged[dataIndex];
        if (!row?.precision) return "";
        return `${names[dataIndex]}<br><b>${percent(row.precision.value)}</b> (${percent(row.precision.low)}–${percent(row.precision.high)})<br>` +
          t("counts", { confirmed: row.confirmed, rejected: row.rejected, waiting: row.waiting });
      },
    },
    xAxis: { type: "value", min: 0, max: 1, axisLabel: { formatter: (value: number) => `${value * 100}%` } },
    yAxis: [
      { type: "category", data: names, axisTick: { show: false }, axisLabel: { width: 150, overflow: "truncate", fontSize: 11 } },
      // The counts stand at the right: a share without its number of reviews says nothing.
      { type: "category", position: "right", axisTick: { show: false }, axisLine: { show: false }, data: judged.map((row) => `${row.confirmed}/${row.confirmed + row.rejected}`) },
    ],
    series: [
      { type: "scatter", yAxisIndex: 1, data: [] },
      {
        type: "custom", data, encode: { x: [2, 3], y: 1 }, silent: true,
        renderItem: (params: { dataIndex: number }, api: Drawing) => {
          const [low, high] = [api.coord([api.value(2), api.value(1)]), api.coord([api.value(3), api.value(1)])];
          const style = { stroke: colour(judged[params.dataIndex]), lineWidth: 2, fill: undefined };
          const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
          return { type: "group", children: [
            line(low[0], low[1], high[0], high[1]), line(low[0], low[1] - 4, low[0], low[1] + 4), line(high[0], high[1] - 4, high[0], high[1] + 4),
          ] };
        },
      },
      {
        type: "scatter", data, symbolSize: 9,
        symbol: (_: unknown, params: { dataIndex: number }) => (judged[params.dataIndex]?.alarm ? "triangle" : "circle"),
        itemStyle: { color: ({ dataIndex }: { dataIndex: number }) => colour(judged[dataIndex]) },
        markLine: { silent: true, symbol: "none", lineStyle: { type: "dashed", color: stateColour("warning", appearance) }, label: { show: false }, data: [{ xAxis: alarmBelow }] },
      },
    ],
  };
}
