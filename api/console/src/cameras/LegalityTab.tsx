// The legality register of one camera: each condition with its spans, and what its records may prove.

import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Form, Modal, Skeleton, Tag, Tooltip } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Failed, useProblemText } from "../app/states";
import { DayField } from "../parts/Dates";
import { Panel } from "../parts/Panel";
import { Violation, violations } from "../parts/Violation";
import { When } from "../parts/When";
import { GateForm, type GateKind } from "./GateForm";
import { useGates } from "./queries";

type Gate = NonNullable<ReturnType<typeof useGates>["data"]>["items"][number];
type Use = components["schemas"]["UseView"];

const gateKinds: readonly GateKind[] = ["legal_review", "technical_review", "maintenance", "sign", "publication", "filing"];

export function LegalityTab({ cameraId }: { cameraId: string }) {
  const { t } = useTranslation("cameras");
  const { has } = useSession();
  const [at, setAt] = useState<Dayjs | null>(null);
  const [adding, setAdding] = useState<GateKind | null>(null);
  const [ending, setEnding] = useState<Gate | null>(null);
  const gates = useGates(cameraId, at?.toISOString());
  const isKeeper = has("admin", "legal_reviewer");
  if (gates.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (!gates.data) return <Failed error={gates.error} onRetry={() => void gates.refetch()} />;
  return (
    <div className="legality">
      <div className="legality-head">
        <span className="quiet">{t("legality.asOf")}</span>
        <DayField showTime value={at} onChange={setAt} placeholder={t("legality.now")} />
        <span className="quiet small">{t("legality.recordedHelp")}</span>
      </div>
      <Panel title={t("legality.uses")}>
        <Uses uses={gates.data.uses} />
      </Panel>
      <div className="gate-grid">
        {gateKinds.map((kind) => (
          <GateCard key={kind} kind={kind} isMet={gates.data.legality.met[kind] ?? false} at={gates.data.at}
            spans={gates.data.items.filter((gate) => gate.gate === kind)}
            {...(isKeeper ? { onAdd: () => setAdding(kind), onEnd: setEnding } : {})} />
        ))}
      </div>
      {adding && <GateForm cameraId={cameraId} kind={adding} onClose={() => setAdding(null)} />}
      {ending && <EndGate cameraId={cameraId} gate={ending} onClose={() => setEnding(null)} />}
    </div>
  );
}

function Uses({ uses }: { uses: readonly Use[] }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  return (
    <div className="uses">
      {violations.map((violation) => {
        const use = uses.find((one) => one.violation === violation);
        if (!use) return null;
        const isPenalty = use.evidence_use === "penalty_evidence";
        return (
          <div key={violation} className="use" data-use={use.evidence_use} data-violation={violation}>
            <Violation violation={violation} />
            {use.is_enabled
              ? <Tag>{isPenalty ? "◆" : "◇"} {tc(`evidenceUse.${use.evidence_use}`)}</Tag>
              : <Tag>{t("legality.disabled")}</Tag>}
            <span className="quiet">{isPenalty ? t("legality.complete") : use.reasons.map((reason) => t(`reason.${reason}`)).join(" · ")}</span>
          </div>
        );
      })}
    </div>
  );
}

interface GateCardProps {
  kind: GateKind;
  isMet: boolean;
  at: string;
  spans: readonly Gate[];
  onAdd?: () => void;
  onEnd?: (gate: Gate) => void;
}

function GateCard({ kind, isMet, at, spans, onAdd, onEnd }: GateCardProps) {
  const { t } = useTranslation("cameras");
  return (
    <Panel data={{ gate: kind, met: String(isMet) }}
      title={<>{t(`gate.${kind}`)} {kind === "filing" && <span className="quiet small">({t("legality.informs")})</span>}</>}
      extra={<span className="gate-state">{isMet ? `● ${t("legality.met")}` : `○ ${t("legality.missing")}`}</span>}>
      {spans.length === 0 && <span className="quiet">{t("legality.empty")}</span>}
      <SpanBar spans={spans} at={at} />
      <ul className="gate-spans">
        {spans.map((gate) => (
          <li key={gate.id}>
            <span className="figures">
              {dayjs(gate.met_from).format("YYYY-MM-DD")} – {gate.met_until ? dayjs(gate.met_until).format("YYYY-MM-DD") : t("legality.open")}
            </span>
            <span>{[gate.document, gate.details.by, gate.details.url, gate.details.photo].filter(Boolean).join(" · ")}</span>
            <span className="quiet small"><When at={gate.recorded_at} seconds={false} /> {t("legality.recordedBy", { who: gate.recorded_by })}</span>
            {onEnd && (!gate.met_until || dayjs(gate.met_until).isAfter(dayjs())) && (
              <Button size="small" type="link" onClick={() => onEnd(gate)}>{t("legality.end")}</Button>
            )}
          </li>
        ))}
      </ul>
      {onAdd && <Button className="gate-foot" size="small" icon={<PlusOutlined />} onClick={onAdd}>{t("legality.add")}</Button>}
    </Panel>
  );
}

/** The spans along two years around the instant, with the instant marked. */
function SpanBar({ spans, at }: { spans: readonly Gate[]; at: string }) {
  const { t } = useTranslation("cameras");
  const [begin, end] = [dayjs(at).subtract(1, "year").valueOf(), dayjs(at).add(1, "year").valueOf()];
  const place = (time: number) => Math.min(Math.max((time - begin) / (end - begin), 0), 1) * 100;
  if (spans.length === 0) return null;
  return (
    <Tooltip title={t("legality.span", { from: dayjs(begin).format("YYYY-MM-DD"), to: dayjs(end).format("YYYY-MM-DD") })}>
      <svg className="span-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="8" className="span-bar-ground" />
        {spans.map((gate) => {
          // What was recorded later does not count for earlier pictures.
          const from = place(Math.max(Date.parse(gate.met_from), Date.parse(gate.recorded_at)));
          const claimed = place(Date.parse(gate.met_from));
          const to = gate.met_until ? place(Date.parse(gate.met_until)) : 100;
          return (
            <g key={gate.id}>
              <rect x={claimed} width={Math.max(to - claimed, 0)} y="2" height="4" className="span-bar-claimed" />
              <rect x={from} width={Math.max(to - from, 0)} y="1" height="6" className="span-bar-met" />
            </g>
          );
        })}
        <path d="M50 0V8" className="span-bar-now" vectorEffect="non-scaling-stroke" />
      </svg>
    </Tooltip>
  );
}

function EndGate({ cameraId, gate, onClose }: { cameraId: string; gate: Gate; onClose: () => void }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const say = useProblemText();
  const [until, setUntil] = useState<Dayjs>(dayjs());
  const end = useMutation({
    mutationFn: () =>
      body(api.PATCH("/api/v1/cameras/{camera_id}/gates/{gate_id}", {
        params: { path: { camera_id: cameraId, gate_id: gate.id } }, body: { met_until: until.toISOString() },
      })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["camera", cameraId, "gates"] });
      void queries.invalidateQueries({ queryKey: ["camera-legality"] });
      onClose();
    },
    onError: (error) => message.error(say(error)),
  });
  return (
    <Modal open title={t("legality.endTitle", { gate: t(`gate.${gate.gate}`) })} okText={t("legality.end")} cancelText={tc("action.cancel")}
      confirmLoading={end.isPending} onOk={() => end.mutate()} onCancel={onClose}>
      <Form layout="vertical">
        <Form.Item label={t("legality.metUntil")} extra={t("legality.endHelp")}>
          <DayField showTime allowClear={false} value={until} onChange={(value) => value && setUntil(value)} style={{ width: "100%" }} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
