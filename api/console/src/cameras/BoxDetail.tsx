// One box: its last status, its cameras, what it dropped; an end to it after a theft.

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Descriptions, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Failed, useProblemText } from "../app/states";
import { Age, useNow } from "../parts/Age";
import { DataTable } from "../parts/DataTable";
import { When } from "../parts/When";
import { BoxState, Clock } from "./BoxesPage";
import { healthOf, type Box, type CameraStatus } from "./health";
import { HealthMark } from "./HealthMark";
import { bytesText, percentText } from "./units";

type Gap = components["schemas"]["GapView"];

export function BoxDetail({ box }: { box: Box }) {
  const { t } = useTranslation("cameras");
  const { has } = useSession();
  const now = useNow();
  const [isRevoking, setIsRevoking] = useState(false);
  const status = box.status;
  const share = status?.outbox_quota_bytes ? (status.outbox_bytes ?? 0) / status.outbox_quota_bytes : null;
  return (
    <div className="box-detail">
      <Descriptions size="small" column={2} items={[
        { key: "state", label: t("boxes.state"), children: <BoxState box={box} now={now} /> },
        { key: "seen", label: t("boxes.seen"), children: box.seen_at ? <Age at={box.seen_at} /> : t("boxes.never") },
        { key: "organisation", label: t("boxes.organisation"), children: box.organisation_id },
        { key: "enrolled", label: t("boxes.enrolled"), children: <When at={box.enrolled_at} /> },
        { key: "software", label: t("boxes.software"), children: box.software || "–" },
        { key: "model", label: t("boxes.model"), children: status?.model || "–" },
        { key: "started", label: t("boxes.started"), children: status ? <When at={status.started_at} /> : "–" },
        { key: "clock", label: t("boxes.clock"), children: <Clock seconds={box.clock_difference_seconds} /> },
        { key: "outbox", label: t("boxes.outbox"), children: status
          ? <span className="figures">{t("boxes.outboxOf", { count: status.outbox_candidates ?? 0, size: bytesText(status.outbox_bytes ?? 0) })}{share !== null && ` · ${t("boxes.quota", { share: percentText(share) })}`}</span>
          : "–" },
        { key: "lost", label: `${t("boxes.dropped")} / ${t("boxes.refused")}`, children: <span className="figures">{status ? `${status.dropped ?? 0} / ${status.refused ?? 0}` : "–"}</span> },
        { key: "load", label: t("boxes.load"), children: status?.cpu_share == null ? "–" : percentText(status.cpu_share) },
        { key: "memory", label: `${t("boxes.memory")} / ${t("boxes.disk")}`, children: <span className="figures">{[status?.memory_bytes, status?.disk_free_bytes].map((bytes) => (bytes == null ? "–" : bytesText(bytes))).join(" / ")}</span> },
        { key: "key", label: t("boxes.key"), span: 2, children: <code className="one-line small">{box.key_id ?? "–"}</code> },
      ]} />
      {box.missing_sequences.length > 0 && (
        <Alert type="warning" showIcon title={t("boxes.missingNumbers")} description={<span className="figures">{box.missing_sequences.join(", ")}</span>} />
      )}
      <h3>{t("boxes.cameras")}</h3>
      <DataTable<CameraStatus> label={t("boxes.cameras")} keyOf={(camera) => camera.camera_id} rows={status?.cameras ?? []} empty={t("boxes.noCameras")} columns={[
        { key: "camera_id", title: t("boxes.gapCamera"), cell: (camera) => <Link to={`/cameras/camera/${encodeURIComponent(camera.camera_id)}`}>{camera.camera_id}</Link> },
        { key: "state", title: t("boxes.state"), cell: (camera) => <HealthMark health={healthOf(camera.camera_id, box, now)} /> },
        { key: "says", title: t("boxes.says"), cell: (camera) => <span className="quiet">{t(`boxes.cameraState.${camera.state}`)} {camera.reason}</span> },
        { key: "frames", title: t("boxes.frames"), cell: (camera) => camera.frames, isNumber: true },
      ]} />
      <Gaps boxId={box.id} />
      {has("admin") && !box.revoked_at && <Button danger onClick={() => setIsRevoking(true)}>{t("boxes.revoke")}</Button>}
      {isRevoking && <Revoke boxId={box.id} onClose={() => setIsRevoking(false)} />}
    </div>
  );
}

function Gaps({ boxId }: { boxId: string }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const gaps = useInfiniteQuery({
    queryKey: ["boxes", boxId, "gaps"],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/boxes/{box_id}/gaps", {
        params: { path: { box_id: boxId }, query: { limit: 20, ...(pageParam ? { cursor: pageParam } : {}) } },
      })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  if (gaps.isError) return <Failed error={gaps.error} onRetry={() => void gaps.refetch()} />;
  const rows = gaps.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <h3>{t("boxes.gaps")}</h3>
      <DataTable<Gap> label={t("boxes.gaps")} keyOf={(gap) => `${gap.number}-${gap.received_at}`} rows={rows} empty={t("boxes.gapEmpty")} columns={[
          { key: "number", title: "№", cell: (gap) => gap.number, className: "figures" },
          { key: "gapReason", title: t("boxes.gapReason"), cell: (gap) => t(`boxes.reason.${gap.reason}`) },
          { key: "gapCamera", title: t("boxes.gapCamera"), cell: (gap) => gap.camera_id ?? "–" },
          { key: "gapTime", title: t("boxes.gapTime"), cell: (gap) => <><When at={gap.began_at} />{gap.ended_at && <> – <When at={gap.ended_at} /></>}</> },
          { key: "detail", title: t("boxes.gapDetail"), cell: (gap) => gap.detail },
        ]} />
      {gaps.hasNextPage && <Button size="small" loading={gaps.isFetchingNextPage} onClick={() => void gaps.fetchNextPage()}>{tc("action.more")}</Button>}
    </>
  );
}

function Revoke({ boxId, onClose }: { boxId: string; onClose: () => void }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const revoke = useMutation({
    mutationFn: () => body(api.POST("/api/v1/boxes/{box_id}/revoke", { params: { path: { box_id: boxId } } })),
    onSuccess: () => {
      message.success(t("boxes.revoked_", { box: boxId }));
      void queries.invalidateQueries({ queryKey: ["boxes"] });
      onClose();
    },
    onError: (error) => message.error(say(error)),
  });
  return (
    <Modal open title={t("boxes.revokeTitle", { box: boxId })} okText={t("boxes.revoke")} cancelText={tc("action.cancel")}
      okButtonProps={{ danger: true, disabled: typed !== boxId }} confirmLoading={revoke.isPending} onOk={() => revoke.mutate()} onCancel={onClose}>
      <p>{t("boxes.revokeText")}</p>
      <Input value={typed} onChange={(event) => setTyped(event.target.value)} placeholder={boxId} aria-label={t("boxes.revokeType")} autoFocus />
      <p className="quiet small">{t("boxes.revokeType")}</p>
    </Modal>
  );
}
