// The shift at a glance: queue, pace, kinds; the map; precision of each camera; hours of the week.

import "./overview.css";
import { Segmented, Skeleton, Tooltip } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour } from "../app/theme";
import { OrganisationSelect } from "../cameras/CamerasPage";
import { Age } from "../parts/Age";
import { saveCsv } from "../parts/download";
import { violations } from "../parts/Violation";
import { ChartCard } from "./ChartCard";
import { byKind, weekOf, type Workload } from "./figures";
import { MapCard } from "./MapCard";
import { ageOption, heatOption, kindOption, paceOption, percent, precisionOption } from "./options";
import { csvUrl, useHours, usePace, usePrecision, useWorkload, type Wanted } from "./queries";

const spans = [1, 7, 30] as const;
const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const ROW_HEIGHT = 30; // of one camera and violation

export default function OverviewPage() {
  const { t } = useTranslation("overview");
  const { t: tc } = useTranslation();
  const { t: tk } = useTranslation("cameras");
  const appearance = useAppearance();
  const [wanted, setWanted] = useState<Wanted>({ days: 7, area: null });
  const [workload, pace, precision, hours] = [useWorkload(wanted), usePace(wanted), usePrecision(wanted), useHours(wanted)];
  const kinds = useMemo(() => byKind(precision.data?.rows ?? [], violations), [precision.data]);
  const week = useMemo(() => weekOf(hours.data?.rows ?? []), [hours.data]);
  const days = dayNames.map((day) => tk(`day.${day}`));
  const judged = precision.data?.rows.filter((row) => row.precision) ?? [];
  // Options are made anew only with their figures, so that a chart does not jump every second.
  const options = useMemo(() => ({
    age: workload.data ? ageOption(workload.data, t, appearance) : null,
    pace: pace.data ? paceOption(pace.data, t, appearance) : null,
    kinds: precision.data ? kindOption(kinds, t, tc, appearance) : null,
    precision: precision.data ? precisionOption(precision.data.rows, precision.data.alarm_below, t, tc, appearance) : null,
    hours: hours.data ? heatOption(week, days, t, appearance) : null,
    // `days` is left out on purpose: it follows the language, as `t` does.
  }), [appearance, hours.data, kinds, pace.data, precision.data, t, tc, week, workload.data]);
  return (
    <div className="page-body overview">
      <header className="overview-head">
        <Segmented value={wanted.days} aria-label={t("window")} onChange={(value) => setWanted((old) => ({ ...old, days: value }))}
          options={spans.map((value) => ({ value, label: t(`span${value}`) }))} />
        <OrganisationSelect value={wanted.area} onChange={(path) => setWanted((old) => ({ ...old, area: path || null }))} />
        {workload.data ? <Tiles workload={workload.data} /> : <Skeleton.Input active style={{ width: 480 }} />}
      </header>
      <div className="overview-grid">
        <div className="overview-column">
          <ChartCard name="queue-age" title={t("age")} option={options.age} error={workload.error} onRetry={() => void workload.refetch()} height={190}
            summary={t("ageSummary", { waiting: workload.data?.waiting ?? 0, overdue: workload.data?.overdue ?? 0 })} csv={{ href: csvUrl("workload", wanted) }} />
          <ChartCard name="pace" title={t("pace")} option={options.pace} error={pace.error} onRetry={() => void pace.refetch()} height={220} isEmpty={pace.data?.rows.length === 0}
            summary={t("decided", { count: workload.data?.decided ?? 0 })} csv={{ href: csvUrl("pace", wanted) }} />
        </div>
        <MapCard area={wanted.area} />
        <div className="overview-column">
        <ChartCard name="precision" title={t("precision")} option={options.precision} error={precision.error} onRetry={() => void precision.refetch()}
          isEmpty={judged.length === 0} height={judged.length * ROW_HEIGHT + 40} className="precision-card"
          summary={judged.map((row) => `${row.camera_name} ${tc(`violation.${row.violation}`)} ${percent(row.precision?.value ?? 0)}`).join("; ")}
          extra={<Tooltip title={t("precisionHelp", { below: percent(precision.data?.alarm_below ?? 0.6), reviews: precision.data?.alarm_reviews ?? 50 })}><span className="quiet">ⓘ</span></Tooltip>}
          csv={{ href: csvUrl("precision", wanted) }} />
          <ChartCard name="kinds" title={t("kinds")} option={options.kinds} error={precision.error} onRetry={() => void precision.refetch()} height={190}
            summary={kinds.map((row) => `${tc(`violation.${row.violation}`)} ${row.received}`).join(", ")}
            csv={{ onSave: () => saveCsv("kinds", [t("kind"), t("received"), t("confirmed"), t("rejected"), t("waiting")],
              kinds.map((row) => [tc(`violation.${row.violation}`), row.received, row.confirmed, row.rejected, row.waiting])) }} />
        </div>
      </div>
      <ChartCard name="hours" title={t("heat")} option={options.hours} error={hours.error} onRetry={() => void hours.refetch()} isEmpty={hours.data?.rows.length === 0} height={260}
        summary={t("heatSummary", { count: week.flat().reduce((sum, acts) => sum + acts, 0), zone: hours.data?.timezone ?? "" })} csv={{ href: csvUrl("hours", wanted) }} />
    </div>
  );
}

function Tiles({ workload }: { workload: Workload }) {
  const { t } = useTranslation("overview");
  const appearance = useAppearance();
  return (
    <dl className="tiles">
      <div><dt>{t("waiting")}</dt><dd className="figures">{workload.waiting}</dd></div>
      <div>
        <dt>{t("overdue")}</dt>
        <dd className="figures" {...(workload.overdue > 0 ? { style: { color: stateColour("overdue", appearance) } } : {})}>{workload.overdue > 0 && "▲ "}{workload.overdue}</dd>
      </div>
      <div><dt>{t("oldest")}</dt><dd className="figures">{workload.oldest_received_at ? <Age at={workload.oldest_received_at} /> : "–"}</dd></div>
      <div><dt>{t("decidedTile")}</dt><dd className="figures">{workload.decided}</dd></div>
      <div>
        <dt>{t("onTime")}</dt>
        <dd className="figures">
          {workload.on_time
            ? <Tooltip title={t("interval", { low: percent(workload.on_time.low), high: percent(workload.on_time.high) })}>{percent(workload.on_time.value)}</Tooltip>
            : "–"}
        </dd>
      </div>
      <div><dt>{t("expired")}</dt><dd className="figures">{workload.expired}</dd></div>
    </dl>
  );
}
