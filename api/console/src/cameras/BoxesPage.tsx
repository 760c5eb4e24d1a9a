// The boxes at the intersections: whether they speak, what waits on them, what they had to drop.

import { PlusOutlined } from "@ant-design/icons";
import { Button, Drawer } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { useSession } from "../app/session";
import { Failed, Nothing } from "../app/states";
import { stateColour } from "../app/theme";
import { Age, useNow } from "../parts/Age";
import { DataTable, type Column } from "../parts/DataTable";
import { signed } from "../parts/figures";
import { BoxDetail } from "./BoxDetail";
import { EnrolBox } from "./EnrolBox";
import { healthOf, healthyShare, isBoxSilent, type Box } from "./health";
import { useBoxes } from "./queries";
import { bytesText } from "./units";

const MAX_CLOCK_SECONDS = 5; // as the evidence template has it: beyond, times do not stand

export function BoxesPage() {
  const { t } = useTranslation("cameras");
  const { has } = useSession();
  const boxes = useBoxes();
  const now = useNow();
  const [openId, setOpenId] = useState<string | null>(null);
  const [isEnrolling, setIsEnrolling] = useState(false);
  const open = boxes.data?.items.find((box) => box.id === openId);
  const columns: Column<Box>[] = [
    { key: "id", title: t("boxes.id"), cell: (box) => <Button type="link" size="small" className="in-cell" onClick={() => setOpenId(box.id)}>{box.id}</Button> },
    { key: "state", title: t("boxes.state"), cell: (box) => <BoxState box={box} now={now} /> },
    { key: "seen", title: t("boxes.seen"), cell: (box) => (box.seen_at ? <Age at={box.seen_at} /> : t("boxes.never")) },
    { key: "cameras", title: t("boxes.cameras"), className: "figures", cell: (box) => <BoxCameras box={box} now={now} /> },
    { key: "outbox", title: t("boxes.outbox"), className: "figures", cell: (box) => <Outbox box={box} /> },
    { key: "gaps", title: t("boxes.gaps"), className: "figures", cell: (box) => (box.gaps + box.missing_sequences.length === 0
      ? <span className="quiet">{t("boxes.noGaps")}</span>
      : t("boxes.gapsText", { gaps: box.gaps, missing: box.missing_sequences.length })) },
    { key: "clock", title: t("boxes.clock"), className: "figures", cell: (box) => <Clock seconds={box.clock_difference_seconds} /> },
    { key: "software", title: t("boxes.software"), cell: (box) => box.software, className: "figures" },
  ];
  if (boxes.isError && !boxes.data) return <Failed error={boxes.error} onRetry={() => void boxes.refetch()} />;
  return (
    <>
      <div className="page-tools">
        <span />
        {has("admin") && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsEnrolling(true)}>{t("boxes.code")}</Button>
        )}
      </div>
      <DataTable<Box> label={t("nav.boxes")} keyOf={(box) => box.id} columns={columns} rows={boxes.data?.items} empty={<Nothing>{t("boxes.empty")}</Nothing>} />
      <Drawer open={open !== undefined} size={640} title={open?.id} onClose={() => setOpenId(null)} destroyOnHidden>
        {open && <BoxDetail box={open} />}
      </Drawer>
      <EnrolBox open={isEnrolling} onClose={() => setIsEnrolling(false)} />
    </>
  );
}

export function BoxState({ box, now }: { box: Box; now: number }) {
  const { t } = useTranslation("cameras");
  const appearance = useAppearance();
  const [colour, shape, word] = box.revoked_at
    ? (["rejected", "✕", "revoked"] as const)
    : isBoxSilent(box, now)
      ? (["overdue", "▼", "silent"] as const)
      : (["confirmed", "●", "online"] as const);
  return <span className="state" data-box-state={word} style={{ color: stateColour(colour, appearance) }}><span aria-hidden="true">{shape}</span> {t(`boxes.${word}`)}</span>;
}

function BoxCameras({ box, now }: { box: Box; now: number }) {
  const cameras = box.status?.cameras ?? [];
  if (!box.status) return <>–</>;
  const { healthy, counted } = healthyShare(cameras.map((camera) => healthOf(camera.camera_id, box, now).state));
  return <>{healthy} / {counted}</>;
}

function Outbox({ box }: { box: Box }) {
  const { t } = useTranslation("cameras");
  const status = box.status;
  if (!status) return <>–</>;
  const count = status.outbox_candidates ?? 0;
  if (count === 0) return <span className="quiet">{t("boxes.outboxEmpty")}</span>;
  return (
    <>
      {t("boxes.outboxOf", { count, size: bytesText(status.outbox_bytes ?? 0) })}
      {status.oldest_waiting_at && <div className="quiet small"><Age at={status.oldest_waiting_at} /></div>}
    </>
  );
}

export function Clock({ seconds }: { seconds: number | null }) {
  const { t } = useTranslation("cameras");
  const appearance = useAppearance();
  if (seconds === null) return <span className="quiet">{t("boxes.clockUnknown")}</span>;
  const isBad = Math.abs(seconds) > MAX_CLOCK_SECONDS;
  const text = `${signed(seconds, 1)} s`;
  if (!isBad) return <>{text}</>;
  return <span style={{ color: stateColour("warning", appearance) }} title={t("boxes.clockBad")}>⚠ {text}</span>;
}
