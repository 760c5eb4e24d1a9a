// One camera of the grid: its newest redacted picture, how it is, what is known of it.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useAgeText } from "../parts/Age";
import { unwatchedSince, type CoverageRow } from "./coverage";
import { clockText, CoverageShare, CoverageStrip, type Span } from "./CoverageParts";
import type { Health } from "./health";
import { HealthMark } from "./HealthMark";
import { pictureUrl, type CameraSummary } from "./queries";

export interface CameraCardProps {
  camera: CameraSummary;
  health: Health;
  missingGates: number | null; // null: not known yet
  coverage: CoverageRow | undefined; // of the last day; undefined: not known yet
  span: Span; // of that day
}

export function CameraCard({ camera, health, missingGates, coverage, span }: CameraCardProps) {
  const { t } = useTranslation("cameras");
  const age = useAgeText();
  const [isBroken, setIsBroken] = useState<string | null>(null);
  const url = pictureUrl(camera);
  const outSince = unwatchedSince(coverage);
  const frameText = health.lastFrameAt
    ? t("list.lastFrame", { age: age(health.lastFrameAt) })
    : camera.picture_at ? t("list.pictureAge", { age: age(camera.picture_at) }) : t("list.noFrame");
  return (
    <Link className="camera-card" to={`/cameras/camera/${encodeURIComponent(camera.id)}`} data-camera={camera.id}>
      <div className="camera-picture" data-watched={outSince === null}>
        {url && isBroken !== url
          ? <img src={url} alt="" loading="lazy" decoding="async" onError={() => setIsBroken(url)} />
          : <span className="camera-no-picture">{t("list.noPicture")}</span>}
        <HealthMark health={health} onPicture />
        {outSince && <span className="camera-out">{t("coverage.outSince", { from: clockText(outSince) })}</span>}
      </div>
      <div className="camera-facts">
        <strong className="one-line">{camera.name || camera.id}</strong>
        <span className="one-line quiet">{camera.place || camera.id}</span>
        <span className="camera-figures figures">
          <span>{frameText}</span>
          <span>{camera.zones > 0 ? t("list.zones", { count: camera.zones }) : t("list.noZones")}</span>
        </span>
        <span className="camera-figures quiet">
          {camera.retired_at && <span>{t("list.retiredSince")}</span>}
          {missingGates !== null && (
            <span>{missingGates === 0 ? t("list.gatesMet") : t("list.gatesMissing", { count: missingGates })}</span>
          )}
        </span>
        {coverage && (
          <span className="camera-watched" title={t("coverage.help")}>
            <span className="quiet">{t("coverage.onCard")}</span> <CoverageShare row={coverage} /> <CoverageStrip row={coverage} span={span} />
          </span>
        )}
      </div>
    </Link>
  );
}
