// Of each camera: how much of the last 24 hours was watched, and when it was not.

import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { Failed, Nothing } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { leastWatchedFirst, shareText, unwatchedSince, type CoverageRow } from "./coverage";
import { CoverageLegend, CoverageShare, CoverageStrip, useGapText, type Span } from "./CoverageParts";
import { OrganisationSelect } from "./OrganisationSelect";
import { useCoverage } from "./queries";

const FIRST_GAPS = 3; // in a line; the others when it is opened

export function CoveragePage() {
  const { t } = useTranslation("cameras");
  const [params, setParams] = useSearchParams();
  const area = params.get("area");
  const coverage = useCoverage(area ? { area } : {});
  if (coverage.isError && !coverage.data) return <Failed error={coverage.error} onRetry={() => void coverage.refetch()} />;
  const rows = coverage.data && [...coverage.data.items].sort(leastWatchedFirst);
  const out = rows?.filter((row) => unwatchedSince(row) !== null).length ?? 0;
  const counted = rows?.filter((row) => row.share !== null) ?? [];
  const share = counted.reduce((sum, row) => sum + row.watched_seconds, 0) / counted.reduce((sum, row) => sum + row.seconds, 0);
  return (
    <>
      <div className="camera-tools">
        {rows ? (
          <div className="health-share">
            <span className="quiet">{t("coverage.title")}</span>
            <strong className="figures">{counted.length === 0 ? "–" : shareText(share)}</strong>
            <span className="quiet">{out > 0 ? t("coverage.outNow", { count: out }) : t("coverage.noneOut")}</span>
          </div>
        ) : <Skeleton.Input active size="small" />}
        <OrganisationSelect value={area} onChange={(path) => setParams(path ? { area: path } : {}, { replace: true })} />
        <CoverageLegend />
        <span className="quiet">{t("coverage.help")}</span>
      </div>
      <DataTable<CoverageRow> label={t("coverage.title")} keyOf={(row) => row.camera_id} rows={rows} empty={<Nothing>{t("list.empty")}</Nothing>} testId="coverage"
        {...(coverage.data ? { details: (row: CoverageRow) => <Gaps row={row} span={coverage.data.span} all /> } : {})}
        columns={[
          { key: "camera", title: t("boxes.gapCamera"), width: 260, cell: (row) => <Link to={`/cameras/camera/${encodeURIComponent(row.camera_id)}`}>{row.camera_name || row.camera_id}</Link> },
          { key: "share", title: t("coverage.share"), width: 110, cell: (row) => <CoverageShare row={row} /> },
          { key: "strip", title: t("coverage.day"), width: 300, cell: (row) => coverage.data && <CoverageStrip row={row} span={coverage.data.span} /> },
          { key: "gaps", title: t("coverage.gaps"), cell: (row) => coverage.data && <Gaps row={row} span={coverage.data.span} /> },
        ]} />
    </>
  );
}

function Gaps({ row, span, all = false }: { row: CoverageRow; span: Span; all?: boolean }) {
  const { t } = useTranslation("cameras");
  const say = useGapText();
  const newest = [...row.unwatched].reverse();
  if (newest.length === 0) return <span className="quiet">{row.share === null ? t("coverage.notThen") : t("coverage.whole")}</span>;
  if (!all) {
    const rest = row.unwatched_count - Math.min(FIRST_GAPS, newest.length);
    return <span className="figures">{newest.slice(0, FIRST_GAPS).map((time) => say(time, span)).join(t("coverage.and"))}{rest > 0 && ` ${t("coverage.more", { count: rest })}`}</span>;
  }
  return (
    <ul className="coverage-gaps figures">
      {newest.map((time) => <li key={time.began_at}>{say(time, span)} <span className="quiet">{t(`coverage.reason.${time.reason}`)} {time.detail}</span></li>)}
      {row.unwatched_count > newest.length && <li className="quiet">{t("coverage.older", { count: row.unwatched_count - newest.length })}</li>}
    </ul>
  );
}
