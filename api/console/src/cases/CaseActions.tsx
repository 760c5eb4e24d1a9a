// What can be done with a case: verify it here, take its bundle, withdraw it.

import { CheckCircleOutlined, DownloadOutlined, EditOutlined, RollbackOutlined } from "@ant-design/icons";
import { Alert, App, Button, Form, Input, Modal, Select } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { useProblemText } from "../app/states";
import { PurposeDialog, type Purpose } from "../parts/PurposeDialog";
import { deletionOf } from "../review/pictures";
import { cases } from "../words/zh/cases";
import type { CaseDetail } from "./CaseFacts";
import { reportsFor } from "./reporting";
import { useCaseChange } from "./useCaseChange";

const ReportDialog = lazy(() => import("./ReportDialog"));

type Verification = components["schemas"]["api__cases__schemas__Verification"];
type WithdrawRequest = components["schemas"]["WithdrawRequest"];

const reasons = ["handled_on_site", "identity_error", "unclear", "permitted", "force_majeure", "other"] as const satisfies readonly WithdrawRequest["reason"][];
const MAX_NOTE = 2000;
const MARKS: Record<string, string> = { holds: "✓", warning: "◌", fails: "▲" };

const steps = Object.keys(cases.verify.step) as (keyof typeof cases.verify.step)[];
const verdicts = ["holds", "warning", "fails"] as const;

/** A step of a verification in words; the program's own, in English, where we have none. */
function useVerdictWords(): (check: Record<string, unknown> | null | undefined) => string {
  const { t, i18n } = useTranslation("cases");
  return (check) => {
    if (!check) return "";
    const step = steps.find((one) => one === check["code"]);
    const verdict = verdicts.find((one) => one === check["verdict"]);
    if (i18n.language === "en" || !step || !verdict) return String(check["text"] ?? "");
    return `${t(`verify.step.${step}`)}：${t(`verify.verdict.${verdict}`)}`;
  };
}

export function Verified({ report }: { report: Verification }) {
  const { t } = useTranslation("cases");
  const failure = report.first_failure;
  const said = useVerdictWords();
  return (
    <Alert type={report.ok ? "success" : "error"} showIcon role="status" className="case-verified"
      title={report.ok ? t("verify.ok") : t("verify.bad", { file: String(failure?.["file"] ?? ""), text: said(failure) })}
      description={
        <details>
          <summary>{t("verify.checks", { count: report.checks.length })} · {t("detail.manifest")} <code>{report.manifest_sha256.slice(0, 16)}…</code></summary>
          <ul className="facts">
            {report.checks.map((check, index) => (
              <li key={index} title={String(check["text"] ?? "")}>{MARKS[String(check["verdict"])] ?? "·"} {String(check["file"] ?? "")} {said(check)}</li>
            ))}
          </ul>
        </details>
      } />
  );
}

function saveAs(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function WithdrawDialog({ open, caseId, onClose }: { open: boolean; caseId: string; onClose: () => void }) {
  const { t } = useTranslation(["cases", "common"]);
  const { busy, problem, change } = useCaseChange(caseId, t("withdraw.done"), onClose);
  const [form] = Form.useForm<WithdrawRequest>();
  const reason = Form.useWatch("reason", form);
  const submit = (fields: WithdrawRequest) => change(() => body(api.POST("/api/v1/cases/{case_id}/withdrawal", {
    params: { path: { case_id: caseId } }, body: { reason: fields.reason, note: fields.note?.trim() ?? "" },
  })));
  return (
    <Modal open={open} title={t("withdraw.title")} okText={t("withdraw.ok")} okButtonProps={{ danger: true }} confirmLoading={busy}
      cancelText={t("common:action.cancel")} onCancel={onClose} onOk={() => form.submit()} destroyOnHidden width={460}>
      <p>{t("withdraw.said")}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void submit(fields)}>
        <Form.Item name="reason" label={t("withdraw.reason")} rules={[{ required: true, message: "" }]}>
          <Select autoFocus options={reasons.map((value) => ({ value, label: t(`withdraw.reasons.${value}`) }))} />
        </Form.Item>
        <Form.Item name="note" label={t("withdraw.note")} rules={[{ required: reason === "other", whitespace: true, message: t("withdraw.noteNeeded") }]}>
          <Input.TextArea rows={3} maxLength={MAX_NOTE} />
        </Form.Item>
        {problem && <Alert type="error" showIcon title={problem} role="alert" />}
      </Form>
    </Modal>
  );
}

export function CaseActions({ detail, onVerified }: { detail: CaseDetail; onVerified: (report: Verification) => void }) {
  const { t } = useTranslation("cases");
  const { message } = App.useApp();
  const { has, session } = useSession();
  const say = useProblemText();
  const [busy, setBusy] = useState(false);
  const [dialog, setDialog] = useState<"download" | "withdraw" | "report" | null>(null);
  const possible = reportsFor(session.user.roles, detail.next_reports);
  const path = { params: { path: { case_id: detail.id } } };
  const isGone = deletionOf(detail.evidence) !== null; // nothing is left to verify or to take
  const mayJudge = has("operator", "second_reviewer", "legal_reviewer");
  const verify = async () => {
    setBusy(true);
    try {
      onVerified(await body(api.POST("/api/v1/cases/{case_id}/verifications", path)));
    } catch (error) {
      void message.error(say(error));
    } finally {
      setBusy(false);
    }
  };
  const download = async (purpose: Purpose, reason: string) => {
    const { data } = await api.POST("/api/v1/cases/{case_id}/bundle", { ...path, body: { purpose, reason }, parseAs: "blob" });
    const name = `case-${String(detail.number).padStart(6, "0")}-update-${detail.frozen_update}.zip`;
    if (data) saveAs(data as unknown as Blob, name);
    setDialog(null);
    void message.success(t("download.done", { name }));
  };
  return (
    <div className="case-buttons">
      {!isGone && <Button icon={<CheckCircleOutlined />} loading={busy} onClick={() => void verify()}>{t("verify.button")}</Button>}
      {mayJudge && !isGone && <Button icon={<DownloadOutlined />} onClick={() => setDialog("download")}>{t("download.button")}</Button>}
      {possible.length > 0 && <Button icon={<EditOutlined />} onClick={() => setDialog("report")}>{t("report.button")}</Button>}
      {mayJudge && detail.state !== "withdrawn" && detail.state !== "closed" && (
        <Button icon={<RollbackOutlined />} onClick={() => setDialog("withdraw")}>{t("withdraw.button")}</Button>
      )}
      <PurposeDialog open={dialog === "download"} title={t("download.title")} said={t("download.said")} okText={t("download.ok")}
        onClose={() => setDialog(null)} onSubmit={download} />
      {dialog === "report" && (
        <Suspense fallback={null}><ReportDialog caseId={detail.id} possible={possible} onClose={() => setDialog(null)} /></Suspense>
      )}
      <WithdrawDialog open={dialog === "withdraw"} caseId={detail.id} onClose={() => setDialog(null)} />
    </div>
  );
}
