// Who changed a camera's view, when and why; each change on the picture and in words.

import { Alert, Button, Skeleton, Tag } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../app/session";
import { Failed, Nothing } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { DayField } from "../parts/Dates";
import { When } from "../parts/When";
import { PictureFrame } from "../viewer/PictureFrame";
import { WHOLE, type View } from "../viewer/view";
import { differenceOf, type ViewDifference } from "./difference";
import { ZoneLayer } from "./editor/ZoneShapes";
import type { Restored } from "./editor/ZonesTab";
import { emptyPicture } from "./emptyPicture";
import { pictureUrl, useCamera, useCameraVersion, useVersions, type CameraDetail, type Version } from "./queries";
import { settingsFrom, type Zone } from "./settings";
import { valueText, zoneName } from "./words";

interface VersionsTabProps {
  camera: CameraDetail;
  onRestore: (restored: Restored) => void;
}

export function VersionsTab({ camera, onRestore }: VersionsTabProps) {
  const { t } = useTranslation("cameras");
  const versions = useVersions(camera.id);
  const [chosen, setChosen] = useState<number | null>(null);
  const [at, setAt] = useState<string | undefined>();
  const then = useCamera(camera.id, at);
  if (versions.isPending) return <Skeleton active />;
  if (!versions.data) return <Failed error={versions.error} onRetry={() => void versions.refetch()} />;
  const { items } = versions.data;
  if (items.length === 0) return <Nothing>{t("version.empty")}</Nothing>;
  const asOf = at && then.data ? (then.data.held?.number ?? 0) : null;
  const number = chosen ?? asOf ?? camera.version ?? 1;
  return (
    <div className="versions">
      <div className="versions-list">
        <DayField showTime placeholder={t("version.asOf")} aria-label={t("version.asOfHelp")} style={{ width: "100%" }}
          disabledDate={(date) => date.isAfter(dayjs(), "day")} value={at ? dayjs(at) : null}
          onChange={(value) => {
            setAt(value?.toISOString());
            setChosen(null);
          }} />
        <ol>
          {items.map((version) => (
            <li key={version.number}>
              <VersionRow version={version} isCurrent={version.number === camera.version} isChosen={version.number === number}
                onChoose={() => setChosen(version.number)} />
            </li>
          ))}
        </ol>
      </div>
      {number === 0
        ? <Alert type="info" showIcon title={t("version.none")} />
        : <VersionView camera={camera} number={number} onRestore={onRestore} />}
    </div>
  );
}

interface VersionRowProps {
  version: Version;
  isCurrent: boolean;
  isChosen: boolean;
  onChoose: () => void;
}

function VersionRow({ version, isCurrent, isChosen, onChoose }: VersionRowProps) {
  const { t } = useTranslation("cameras");
  return (
    <button type="button" className="version-row" aria-pressed={isChosen} onClick={onChoose}>
      <span><strong>{t("list.version", { number: version.number })}</strong> {isCurrent && <Tag>● {t("version.current")}</Tag>}</span>
      <span><When at={version.valid_from} /> {version.source === "box" ? t("version.fromBox") : t("version.by", { who: version.changed_by })}</span>
      <span className="version-note">{version.source === "box" ? version.changed_by : version.note || t("version.noNote")}</span>
    </button>
  );
}

function VersionView({ camera, number, onRestore }: VersionsTabProps & { number: number }) {
  const { t } = useTranslation("cameras");
  const { has } = useSession();
  const [view, setView] = useState<View>(WHOLE);
  const after = useCameraVersion(camera.id, number);
  const before = useCameraVersion(camera.id, number - 1);
  if (after.isError) return <Failed error={after.error} onRetry={() => void after.refetch()} />;
  if (!after.data || (number > 1 && !before.data)) return <Skeleton active paragraph={{ rows: 8 }} />;
  const [was, is] = [
    before.data ? settingsFrom(camera.id, before.data.settings) : null, settingsFrom(camera.id, after.data.settings),
  ];
  const difference = differenceOf(was, is);
  const gone = difference.zones.flatMap((one) => (one.before && (!one.after || one.fields.includes("polygon")) ? [one.before] : []));
  return (
    <div className="version-view">
      <div className="version-picture">
        <PictureFrame url={pictureUrl(camera) ?? emptyPicture} alt={t("editor.picture", { name: camera.name || camera.id })} view={view} onView={setView}
          caption={<>┅ {t("version.legendBefore")} &nbsp; ━ {t("version.legendAfter")}</>}>
          <ZoneLayer zones={is.zones} faint={gone} zoom={view.zoom} />
        </PictureFrame>
      </div>
      <h3>{number === 1 ? t("version.first") : t("version.changes")}</h3>
      <DifferenceTable difference={difference} before={was} after={is} />
      {has("admin") && number !== camera.version && (
        <Button onClick={() => onRestore({ number, settings: is })}>{t("version.restore")}</Button>
      )}
    </div>
  );
}

interface Row {
  key: string;
  what: string;
  field: string;
  before: string;
  after: string;
}

function DifferenceTable({ difference, before, after }: {
  difference: ViewDifference;
  before: ReturnType<typeof settingsFrom> | null;
  after: ReturnType<typeof settingsFrom>;
}) {
  const { t } = useTranslation("cameras");
  const rows: Row[] = [
    ...difference.fields.map((field) => ({
      key: field, what: t("editor.cameraFields"), field: t(`field.${field}`),
      before: valueText(field, before?.[field], t), after: valueText(field, after[field], t),
    })),
    ...difference.zones.flatMap((zone): Row[] => {
      const named = zone.after ?? zone.before;
      const what = named ? `${zoneName(named, t)} (${zone.id})` : zone.id;
      if (!zone.before) return [{ key: zone.id, what, field: t("version.added"), before: "–", after: summary(zone.after, t) }];
      if (!zone.after) return [{ key: zone.id, what, field: t("version.removed"), before: summary(zone.before, t), after: "–" }];
      return zone.fields.map((field) => ({
        key: `${zone.id}.${field}`, what, field: t(`field.${field}`),
        before: valueText(field, zone.before?.[field], t), after: valueText(field, zone.after?.[field], t),
      }));
    }),
  ];
  return (
    <DataTable<Row> label={t("version.changes")} keyOf={(row) => row.key} rows={rows} testId="version-changes" empty={t("version.nothing")}
      columns={[
        { key: "what", title: t("stale.item"), cell: (row) => row.what },
        { key: "field", title: t("version.field"), cell: (row) => row.field },
        { key: "before", title: t("version.before"), cell: (row) => row.before },
        { key: "after", title: t("version.after"), cell: (row) => row.after },
      ]} />
  );
}

function summary(zone: Zone | undefined, t: Parameters<typeof zoneName>[1]): string {
  if (!zone) return "–";
  const parts = [valueText("polygon", zone.polygon, t)];
  if (zone.windows.length > 0) parts.push(valueText("windows", zone.windows, t));
  if (zone.document) parts.push(zone.document);
  return parts.join("; ");
}
