// The shift at a glance: queue, pace, kinds; the map; precision of each camera; hours of the week.

import "./overview.css";
import { Segmented, Skeleton, Tooltip } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour } from "../app/theme";
import { OrganisationSelect } from "../cameras/OrganisationSelect";
import { Age } from "../parts/Age";
import { saveCsv } from "../parts/download";
import { violations } from "../parts/Violation";
import { Columns } from "./charts/Columns";
import { Heat } from "./charts/Heat";
import { Intervals } from "./charts/Intervals";
import { Rows } from "./charts/Rows";
import { ChartCard } from "./ChartCard";
import { byKind, weekOf, type Workload } from "./figures";
import { MapCard } from "./MapCard";
import { csvUrl, useHours, usePace, usePrecision, useWorkload, type Wanted } from "./queries";
import { ageName, ageSeries, heatColours, hourName, kindSeries, paceSeries, percent, sharesOf } from "./shown";

const spans = [1, 7, 30] as const;
const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));

export default function OverviewPage() {
  const { t } = useTranslation("overview");
  const { t: tc } = useTranslation();
  const appearance = useAppearance();
  const [wanted, setWanted] = useState<Wanted>({ days: 7, area: null });
  const [workload, pace, precision, hours] = [useWorkload(wanted), usePace(wanted), usePrecision(wanted), useHours(wanted)];
  const kinds = useMemo(() => byKind(precision.data?.rows ?? [], violations), [precision.data]);
  const shares = useMemo(() => sharesOf(precision.data?.rows ?? [], t, tc), [precision.data, t, tc]);
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
          <ChartCard name="queue-age" title={t("age")} isLoading={!workload.data} error={workload.error} onRetry={() => void workload.refetch()}
            summary={t("ageSummary", { waiting: workload.data?.waiting ?? 0, overdue: workload.data?.overdue ?? 0 })} csv={{ href: csvUrl("workload", wanted) }}>
            {workload.data && (
              <Columns height={186} categories={workload.data.ages.map((one) => ageName(one, t))} series={ageSeries(workload.data, t, appearance)} />
            )}
          </ChartCard>
          <ChartCard name="pace" title={t("pace")} isLoading={!pace.data} error={pace.error} onRetry={() => void pace.refetch()} isEmpty={pace.data?.rows.length === 0}
            summary={t("decided", { count: workload.data?.decided ?? 0 })} csv={{ href: csvUrl("pace", wanted) }}>
            {pace.data && <Columns height={212} categories={pace.data.rows.map((row) => hourName(row.hour))} series={paceSeries(pace.data, t, appearance)} />}
          </ChartCard>
        </div>
        <MapCard area={wanted.area} />
        <div className="overview-column">
          <ChartCard name="precision" title={t("precision")} isLoading={!precision.data} error={precision.error} onRetry={() => void precision.refetch()}
            isEmpty={shares.length === 0} className="precision-card"
            summary={shares.map((share) => `${share.names.join(" · ")} ${percent(share.value)}`).join("; ")}
            extra={<Tooltip title={t("precisionHelp", { below: percent(precision.data?.alarm_below ?? 0.6), reviews: precision.data?.alarm_reviews ?? 50 })}><span className="quiet">ⓘ</span></Tooltip>}
            csv={{ href: csvUrl("precision", wanted) }}>
            <Intervals shares={shares} alarmBelow={precision.data?.alarm_below ?? 0}
              colours={{ plain: stateColour("claimed", appearance), alarm: stateColour("warning", appearance) }} />
          </ChartCard>
          <ChartCard name="kinds" title={t("kinds")} isLoading={!precision.data} error={precision.error} onRetry={() => void precision.refetch()}
            summary={kinds.map((row) => `${tc(`violation.${row.violation}`)} ${row.received}`).join(", ")}
            csv={{ onSave: () => saveCsv("kinds", [t("kind"), t("received"), t("confirmed"), t("rejected"), t("waiting")],
              kinds.map((row) => [tc(`violation.${row.violation}`), row.received, row.confirmed, row.rejected, row.waiting])) }}>
            <Rows height={186} categories={kinds.map((row) => tc(`violation.${row.violation}`))} series={kindSeries(kinds, t, appearance)} />
          </ChartCard>
        </div>
      </div>
      <HoursCard wanted={wanted} hours={hours} />
    </div>
  );
}

function HoursCard({ wanted, hours }: { wanted: Wanted; hours: ReturnType<typeof useHours> }) {
  const { t } = useTranslation("overview");
  const { t: tk } = useTranslation("cameras");
  const appearance = useAppearance();
  const week = useMemo(() => weekOf(hours.data?.rows ?? []), [hours.data]);
  const days = dayNames.map((day) => tk(`day.${day}`));
  const hour = (of: number) => `${String(of).padStart(2, "0")}:00`;
  return (
    <ChartCard name="hours" title={t("heat")} isLoading={!hours.data} error={hours.error} onRetry={() => void hours.refetch()} isEmpty={hours.data?.rows.length === 0}
      summary={t("heatSummary", { count: week.flat().reduce((sum, acts) => sum + acts, 0), zone: hours.data?.timezone ?? "" })} csv={{ href: csvUrl("hours", wanted) }}>
      <Heat rows={week.map((values, index) => ({ name: days[index] ?? "", values }))} columns={HOURS} colours={heatColours(appearance)}
        said={(row, column) => ({ title: `${days[row]} ${hour(column)}–${hour(column + 1)}`, lines: [t("acts", { count: week[row]?.[column] ?? 0 })] })} />
    </ChartCard>
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
