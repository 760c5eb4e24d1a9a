// Reporting as an officer what happened on a case.

import { Alert, Form, Input, Modal, Select } from "antd";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { outcomes, returnReasons, type Outcome, type Reported, type ReturnReason } from "./reporting";
import { useCaseChange } from "./useCaseChange";

const MAX_NOTE = 2000;

interface Fields {
  status: Reported;
  reason?: ReturnReason;
  outcome?: Outcome;
  note?: string;
}

interface ReportDialogProps {
  caseId: string;
  possible: readonly Reported[];
  onClose: () => void;
}

export default function ReportDialog({ caseId, possible, onClose }: ReportDialogProps) {
  const { t } = useTranslation(["cases", "common"]);
  const { busy, problem, change } = useCaseChange(caseId, t("report.done"), onClose);
  const [form] = Form.useForm<Fields>();
  const status = Form.useWatch("status", form);
  const reason = Form.useWatch("reason", form);
  const submit = (fields: Fields) => change(() => body(api.POST("/api/v1/cases/{case_id}/status", {
    params: { path: { case_id: caseId } },
    body: { status: fields.status, reason: fields.reason ?? null, outcome: fields.outcome ?? null, note: fields.note?.trim() ?? "" },
  })));
  const required = [{ required: true, message: t("report.needed") }];
  return (
    <Modal open title={t("report.title")} okText={t("report.ok")} confirmLoading={busy} cancelText={t("common:action.cancel")} onCancel={onClose}
      onOk={() => form.submit()} width={460}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void submit(fields)}>
        <Form.Item name="status" label={t("report.status")} rules={required}>
          <Select autoFocus options={possible.map((value) => ({ value, label: t(`reported.${value}`) }))} />
        </Form.Item>
        {status === "returned" && (
          <Form.Item name="reason" label={t("report.reason")} rules={required} extra={t("report.returnHelp")}>
            <Select options={returnReasons.map((value) => ({ value, label: t(`returnReason.${value}`) }))} />
          </Form.Item>
        )}
        {status === "closed" && (
          <Form.Item name="outcome" label={t("list.outcome")} rules={required}>
            <Select options={outcomes.map((value) => ({ value, label: t(`outcome.${value}`) }))} />
          </Form.Item>
        )}
        <Form.Item name="note" label={t("withdraw.note")} rules={[{ required: reason === "other", whitespace: true, message: t("withdraw.noteNeeded") }]}>
          <Input.TextArea rows={3} maxLength={MAX_NOTE} />
        </Form.Item>
        {problem && <Alert type="error" showIcon title={problem} role="alert" />}
      </Form>
    </Modal>
  );
}
