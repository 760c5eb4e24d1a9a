// All cameras of one's area: newest pictures, health, filters kept in the address.

import { PlusOutlined, SearchOutlined } from "@ant-design/icons";
import { Alert, Button, Checkbox, Input, Select, Skeleton, Space } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useSession } from "../app/session";
import { Failed, Nothing } from "../app/states";
import { useNow } from "../parts/Age";
import { AddCamera } from "./AddCamera";
import { CameraCard } from "./CameraCard";
import { coverageWindow } from "./coverage";
import { CoverageLegend } from "./CoverageParts";
import { isWanted, readFilter, type CameraFilter } from "./filter";
import { healthOf, healthStates, healthyShare, type HealthState } from "./health";
import { healthShape } from "./HealthMark";
import { OrganisationSelect } from "./OrganisationSelect";
import { useBoxes, useCameras, useCoverage, useLegalities } from "./queries";

const ALL = "";

export function CamerasPage() {
  const { t } = useTranslation(["cameras", "common"]);
  const { has } = useSession();
  const [params, setParams] = useSearchParams();
  const [isAdding, setIsAdding] = useState(false);
  const filter = readFilter(params);
  const cameras = useCameras(filter.retired);
  const boxes = useBoxes();
  const legalities = useLegalities();
  const coverage = useCoverage();
  const now = useNow();

  const rows = useMemo(() => {
    const byBox = new Map(boxes.data?.items.map((box) => [box.id, box]));
    const missing = new Map(legalities.data?.items.map((one) => [one.camera_id, one.reasons.length]));
    const watched = new Map(coverage.data?.items.map((one) => [one.camera_id, one]));
    return (cameras.data?.items ?? []).map((camera) => ({
      camera,
      health: healthOf(camera.id, byBox.get(camera.registration.box_id ?? ""), now),
      missingGates: missing.get(camera.id) ?? null,
      coverage: camera.retired_at ? undefined : watched.get(camera.id),
    }));
  }, [boxes.data, cameras.data, coverage.data, legalities.data, now]);
  const span = coverage.data?.span ?? coverageWindow(now);
  const counted = rows.filter((row) => isWanted(row.camera, row.health.state, { ...filter, state: null }));
  const shown = counted.filter((row) => filter.state === null || row.health.state === filter.state);

  const set = (change: Partial<Record<keyof CameraFilter, string>>) => {
    setParams((old) => {
      const next = new URLSearchParams(old);
      for (const [name, value] of Object.entries(change)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      return next;
    }, { replace: true });
  };

  if (cameras.isPending) return <GridSkeleton />;
  if (cameras.isError && !cameras.data) return <Failed error={cameras.error} onRetry={() => void cameras.refetch()} />;
  return (
    <>
      <div className="camera-tools">
        <HealthShare states={counted.map((row) => row.health.state)} />
        <Input allowClear prefix={<SearchOutlined />} placeholder={t("list.search")} aria-label={t("list.search")} defaultValue={filter.text}
          style={{ width: 170 }} onChange={(event) => set({ text: event.target.value })} />
        <OrganisationSelect value={filter.area} onChange={(area) => set({ area })} />
        <Select value={filter.box ?? ALL} aria-label={t("list.box")} style={{ minWidth: 130 }}
          onChange={(box) => set({ box })}
          options={[{ value: ALL, label: t("common:named", { name: t("list.box"), value: t("list.any") }) },
            ...(boxes.data?.items ?? []).map((box) => ({ value: box.id, label: box.id })),
            { value: "-", label: t("list.noBox") }]} />
        <StateFilter states={counted.map((row) => row.health.state)} value={filter.state} onChange={(state) => set({ state: state ?? "" })} />
        <Checkbox checked={filter.retired} onChange={(event) => set({ retired: event.target.checked ? "1" : "" })}>
          {t("list.retired")}
        </Checkbox>
        {has("admin") && (
          <Button icon={<PlusOutlined />} style={{ marginInlineStart: "auto" }} onClick={() => setIsAdding(true)}>
            {t("registration.add")}
          </Button>
        )}
      </div>
      {cameras.data.isTruncated && (
        <Alert type="warning" showIcon banner title={t("list.truncated", { count: cameras.data.items.length })} />
      )}
      {shown.length === 0
        ? <Nothing>{rows.length === 0 ? t("list.empty") : t("list.noneMatch")}</Nothing>
        : <>
            <div className="camera-grid">{shown.map((row) => <CameraCard key={row.camera.id} {...row} span={span} />)}</div>
            <p className="camera-legend quiet small"><span>{t("coverage.onCard")}</span> <CoverageLegend /></p>
          </>}
      <AddCamera open={isAdding} onClose={() => setIsAdding(false)} />
    </>
  );
}

function HealthShare({ states }: { states: readonly HealthState[] }) {
  const { t } = useTranslation("cameras");
  const { healthy, counted } = healthyShare(states);
  const percent = counted === 0 ? 0 : Math.round((1000 * healthy) / counted) / 10;
  return (
    <div className="health-share" data-testid="health-share">
      <span className="quiet">{t("list.healthy")}</span>
      <strong className="figures">{counted === 0 ? "–" : `${percent}%`}</strong>
      <meter className="health-meter" min={0} max={100} value={percent} aria-label={t("list.healthy")}>{percent}%</meter>
      <span className="quiet figures">{t("list.healthyOf", { healthy, counted })}</span>
    </div>
  );
}

interface StateFilterProps {
  states: readonly HealthState[];
  value: HealthState | null;
  onChange: (state: HealthState | null) => void;
}

function StateFilter({ states, value, onChange }: StateFilterProps) {
  const { t } = useTranslation("cameras");
  const present = healthStates.filter((state) => states.includes(state) || state === value);
  return (
    <Space.Compact role="group" aria-label={t("list.state")}>
      {present.map((state) => (
        <Button key={state} type={state === value ? "primary" : "default"} aria-pressed={state === value}
          onClick={() => onChange(state === value ? null : state)}>
          <span aria-hidden="true">{healthShape(state)}</span> {t(`health.${state}`)}{" "}
          <span className="figures">{states.filter((one) => one === state).length}</span>
        </Button>
      ))}
    </Space.Compact>
  );
}

function GridSkeleton() {
  return (
    <div className="camera-grid" aria-busy="true" style={{ marginTop: 56 }}>
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className="camera-card">
          <Skeleton.Node active style={{ width: "100%", height: 150 }} />
          <Skeleton active title={false} paragraph={{ rows: 2 }} style={{ padding: 8 }} />
        </div>
      ))}
    </div>
  );
}
