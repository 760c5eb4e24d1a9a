// The parts of ECharts that the overview uses, and no more.

import { BarChart, CustomChart, HeatmapChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, CanvasRenderer, CustomChart, GridComponent, HeatmapChart, LegendComponent, MarkLineComponent, ScatterChart,
  TooltipComponent, VisualMapComponent,
]);

export { init };
export type { EChartsCoreOption as ChartOption, EChartsType as Chart } from "echarts/core";
