// The map with its hour slider, what has no place on it, and its figures as CSV and PNG.

import { Segmented, Skeleton, Slider } from "antd";
import dayjs from "dayjs";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "../app/session";
import { Failed, Nothing } from "../app/states";
import { unwatchedAt, unwatchedSince } from "../cameras/coverage";
import { clockText } from "../cameras/CoverageParts";
import { useCameras, useCoverage, useOrganisations } from "../cameras/queries";
import { useNow } from "../parts/Age";
import { saveCsv } from "../parts/download";
import { ChartFrame } from "./ChartCard";
import { CityMap } from "./CityMap";
import { underWay } from "./figures";
import { useEpisodes } from "./queries";
import { savePicture } from "./savePicture";

const SHOWN_HOURS = 24;

export function MapCard({ area }: { area: string | null }) {
  const { t } = useTranslation("overview");
  const { t: tk } = useTranslation("cameras");
  const { has } = useSession();
  const seesQueue = has("operator", "second_reviewer", "legal_reviewer", "supervisor", "auditor");
  const cameras = useCameras();
  const organisations = useOrganisations();
  const episodes = useEpisodes(seesQueue);
  const coverage = useCoverage();
  const now = useNow();
  const [hoursAgo, setHoursAgo] = useState(0);
  const [shows, setShows] = useState<"map" | "list">("map");
  const picture = useRef<SVGSVGElement | null>(null);

  const rows = useMemo(() => {
    const watched = new Map(coverage.data?.items.map((one) => [one.camera_id, one]));
    const open = underWay(episodes.data?.items ?? [], hoursAgo, now);
    return (cameras.data?.items ?? []).filter((camera) => !area || camera.organisation_path.startsWith(area)).map((camera) => ({
      id: camera.id,
      name: camera.name || camera.id,
      place: [camera.registration.longitude, camera.registration.latitude] as const,
      area: organisations.data?.items.find((node) => node.path === camera.organisation_path)?.name ?? camera.organisation_path,
      episodes: open.filter((episode) => episode.camera_id === camera.id).map((episode) => episode.id),
      unwatchedSince: hoursAgo === 0 ? unwatchedSince(watched.get(camera.id)) : unwatchedAt(watched.get(camera.id), now - hoursAgo * 3_600_000),
    }));
  }, [area, cameras.data, coverage.data, episodes.data, hoursAgo, now, organisations.data]);
  const placed = useMemo(() => rows.flatMap(({ place: [longitude, latitude], ...row }) =>
    longitude === null || latitude === null ? [] : [{ ...row, longitude, latitude }]), [rows]);
  const unplaced = rows.filter((row) => row.place[0] === null || row.place[1] === null);
  const out = rows.filter((row) => row.unwatchedSince !== null).length;
  const total = rows.reduce((sum, row) => sum + row.episodes.length, 0);

  const csv = () => saveCsv("map", [t("camera"), t("name"), t("longitude"), t("latitude"), t("area"), t("open")],
    rows.map((row) => [row.id, row.name, ...row.place, row.area, row.episodes.length]));
  return (
    <ChartFrame title={t("map")} className="map-card" csv={{ onSave: csv }} onPicture={() => void savePicture(picture.current, "map")}
      extra={<Segmented size="small" value={shows} onChange={setShows} options={[{ value: "map", label: t("asMap") }, { value: "list", label: t("asList") }]} />}>
      {cameras.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {cameras.isError && !cameras.data && <Failed error={cameras.error} onRetry={() => void cameras.refetch()} />}
      {cameras.data && (shows === "list" || placed.length === 0
        ? <CameraList rows={rows} />
        : <CityMap cameras={placed} picture={picture} />)}
      <div className="map-foot">
        {seesQueue
          ? <>
              <span className="figures">{hoursAgo === 0 ? t("nowOpen", { count: total }) : t("thenOpen", { count: total, hour: dayjs(now - hoursAgo * 3_600_000).format("MM-DD HH:mm") })}</span>
              <Slider min={-SHOWN_HOURS} max={0} value={-hoursAgo} onChange={(value) => setHoursAgo(-value)} style={{ flex: 1 }} ariaLabelForHandle={t("hour")}
                tooltip={{ formatter: (value = 0) => (value === 0 ? t("now") : dayjs(now + value * 3_600_000).format("MM-DD HH:mm")) }} />
            </>
          : <span className="quiet">{t("noQueue")}</span>}
        {out > 0 && hoursAgo === 0 && <Link to="/cameras/coverage" className="map-out">▲ {tk("coverage.outNow", { count: out })}</Link>}
      </div>
      {unplaced.length > 0 && shows === "map" && (
        <p className="quiet small">{t("unplaced", { count: unplaced.length })} {unplaced.map((row) => <Link key={row.id} to={`/cameras/camera/${encodeURIComponent(row.id)}/registration`}>{row.name} </Link>)}</p>
      )}
    </ChartFrame>
  );
}

interface Row {
  id: string;
  name: string;
  area: string;
  episodes: readonly string[];
  unwatchedSince: string | null;
}

function CameraList({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation("overview");
  const { t: tk } = useTranslation("cameras");
  if (rows.length === 0) return <Nothing>{t("noCameras")}</Nothing>;
  return (
    <ul className="map-list">
      {[...rows].sort((a, b) => b.episodes.length - a.episodes.length).map((row) => (
        <li key={row.id}>
          <Link to={`/cameras/camera/${encodeURIComponent(row.id)}`}>{row.name}</Link> <span className="quiet">{row.area}</span>
          {row.unwatchedSince !== null
            ? <span className="figures map-out">▲ {tk("coverage.outSince", { from: clockText(row.unwatchedSince) })}</span>
            : <span className="figures">{t("openHere", { count: row.episodes.length })}</span>}
        </li>
      ))}
    </ul>
  );
}
