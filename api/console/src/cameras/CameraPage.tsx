// One camera: zones and permits, versions, legality, registration.

import { ArrowLeftOutlined } from "@ant-design/icons";
import { Skeleton } from "antd";
import { lazy, Suspense, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { Failed } from "../app/states";
import { useAgeText, useNow } from "../parts/Age";
import { ZonesTab, type Restored } from "./editor/ZonesTab";
import { CoverageShare, CoverageStrip } from "./CoverageParts";
import { healthOf } from "./health";
import { HealthMark } from "./HealthMark";
import { useBoxes, useCamera, useCoverage, type CameraDetail } from "./queries";

// The zones come first; the others when somebody opens them.
const LegalityTab = lazy(async () => ({ default: (await import("./LegalityTab")).LegalityTab }));
const RegistrationTab = lazy(async () => ({ default: (await import("./RegistrationTab")).RegistrationTab }));
const VersionsTab = lazy(async () => ({ default: (await import("./VersionsTab")).VersionsTab }));

const tabs = ["zones", "versions", "legality", "registration"] as const;

const addressOf = (cameraId: string, tab: string) => `/cameras/camera/${encodeURIComponent(cameraId)}/${tab}`;

export function CameraPage() {
  const { t } = useTranslation("cameras");
  const { cameraId = "", tab } = useParams();
  const navigate = useNavigate();
  const camera = useCamera(cameraId);
  const [restore, setRestore] = useState<Restored | null>(null);
  const forgetRestored = useCallback(() => setRestore(null), []);
  const active = tabs.find((one) => one === tab) ?? "zones";
  const open = useCallback(
    (name: string) => void navigate(addressOf(cameraId, name), { replace: true }),
    [cameraId, navigate],
  );
  if (camera.isPending) return <div className="page-body"><Skeleton active paragraph={{ rows: 12 }} /></div>;
  if (!camera.data) return <Failed error={camera.error} onRetry={() => void camera.refetch()} />;
  const restoreVersion = (restored: Restored) => {
    setRestore(restored);
    open("zones");
  };
  const content = {
    zones: () => <ZonesTab key={camera.data.id} camera={camera.data} restore={restore} onRestored={forgetRestored} />,
    versions: () => <VersionsTab camera={camera.data} onRestore={restoreVersion} />,
    legality: () => <LegalityTab cameraId={camera.data.id} />,
    registration: () => <RegistrationTab camera={camera.data} />,
  };
  return (
    <div className="camera-page">
      <CameraHead camera={camera.data} />
      <nav className="section-nav camera-tabs" aria-label={t("nav.camera")}>
        {tabs.map((name) => (
          <Link key={name} to={addressOf(cameraId, name)} replace aria-current={name === active ? "page" : undefined}>{t(`tab.${name}`)}</Link>
        ))}
      </nav>
      <div className="camera-tab"><Suspense fallback={<Skeleton active />}>{content[active]()}</Suspense></div>
    </div>
  );
}

function CameraHead({ camera }: { camera: CameraDetail }) {
  const { t } = useTranslation("cameras");
  const boxes = useBoxes();
  const age = useAgeText();
  const box = boxes.data?.items.find((one) => one.id === camera.registration.box_id);
  const health = healthOf(camera.id, box, useNow());
  const coverage = useCoverage({ camera_id: camera.id }).data;
  const row = camera.retired_at ? undefined : coverage?.items[0];
  return (
    <header className="camera-head">
      <Link to="/cameras" aria-label={t("nav.cameras")}><ArrowLeftOutlined /></Link>
      <h1>{camera.name || camera.id}</h1>
      <HealthMark health={health} />
      <span className="quiet figures">
        {[camera.place, camera.id, health.lastFrameAt && t("list.lastFrame", { age: age(health.lastFrameAt) })].filter(Boolean).join(" · ")}
      </span>
      {coverage && row && (
        <span className="camera-coverage" title={t("coverage.help")}>{t("coverage.onCard")} <CoverageShare row={row} /> <CoverageStrip row={row} span={coverage.span} /></span>
      )}
      {camera.version !== null && <span className="quiet figures">{t("list.version", { number: camera.version })}</span>}
      {camera.retired_at && <strong>{t("list.retiredSince")}</strong>}
    </header>
  );
}
