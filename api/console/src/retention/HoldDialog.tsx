// Why evidence must be kept, or may be deleted again: the reason goes into the log.

import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { useProblemText } from "../app/states";
import { candidateKey } from "../review/candidate";

const MIN_REASON = 4; // as the API: fewer characters say nothing
const MAX_REASON = 2000;

interface HoldDialogProps {
  candidateId: string;
  isOn: boolean; // whether it is to be released
  onClose: () => void;
}

export default function HoldDialog({ candidateId, isOn, onClose }: HoldDialogProps) {
  const { t } = useTranslation(["retention", "common"]);
  const { message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ reason: string }>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (reason: string) => {
    setBusy(true);
    setProblem(null);
    const said = { params: { path: { candidate_id: candidateId } }, body: { reason } };
    try {
      if (isOn) await body(api.POST("/api/v1/candidates/{candidate_id}/hold/release", said));
      else await body(api.POST("/api/v1/candidates/{candidate_id}/hold", said));
      void message.success(t(isOn ? "hold.released" : "hold.placed"));
      await Promise.all([
        queries.invalidateQueries({ queryKey: candidateKey(candidateId) }), queries.invalidateQueries({ queryKey: ["case"] }),
      ]);
      onClose();
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0;
      setProblem(status === 409 ? t("hold.underWay") : status === 410 ? t("hold.tooLate") : say(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal open title={t(isOn ? "hold.release" : "hold.place")} okText={t(isOn ? "hold.release" : "hold.place")} confirmLoading={busy}
      okButtonProps={{ danger: isOn }} cancelText={t("common:action.cancel")} onCancel={onClose} onOk={() => form.submit()} width={460}>
      <p>{t(isOn ? "hold.releaseSaid" : "hold.placeSaid")}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ reason }) => void submit(reason.trim())}>
        <Form.Item name="reason" label={t("hold.reason")} extra={t(isOn ? "hold.releaseHelp" : "hold.reasonHelp")}
          rules={[{ required: true, whitespace: true, min: MIN_REASON, max: MAX_REASON, message: "" }]}>
          <Input.TextArea autoFocus rows={3} maxLength={MAX_REASON} />
        </Form.Item>
        {problem && <Alert type="error" showIcon title={problem} role="alert" />}
      </Form>
    </Modal>
  );
}
