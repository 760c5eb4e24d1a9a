// Before unredacted originals are shown or leave the centre: what for, why, and that it is registered.

import { Alert, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../api/schema";
import { useProblemText } from "../app/states";

export type Purpose = components["schemas"]["Purpose"];

export const purposes = [
  "review",
  "second_review",
  "legal_review",
  "recheck",
  "complaint",
  "court",
  "audit",
  "training_approved",
] as const satisfies readonly Purpose[];

const MIN_CHARACTERS = 4; // as the API: fewer say nothing
const MAX_CHARACTERS = 2000;

// What was said last, so that the next item of the same work needs no typing; gone with the page.
let last: { purpose: Purpose; reason: string } = { purpose: "review", reason: "" };

interface PurposeDialogProps {
  open: boolean;
  title: string;
  said: string;
  okText: string;
  onClose: () => void;
  onSubmit: (purpose: Purpose, reason: string) => Promise<void>;
}

export function PurposeDialog({ open, title, said, okText, onClose, onSubmit }: PurposeDialogProps) {
  const { t } = useTranslation(["review", "common"]);
  const say = useProblemText();
  const [form] = Form.useForm<typeof last>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (fields: typeof last) => {
    setBusy(true);
    setProblem(null);
    try {
      last = { purpose: fields.purpose, reason: fields.reason.trim() };
      await onSubmit(last.purpose, last.reason);
    } catch (error) {
      setProblem(say(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal open={open} title={title} okText={okText} confirmLoading={busy} cancelText={t("common:action.cancel")} onCancel={onClose}
      onOk={() => form.submit()} destroyOnHidden width={460}>
      <p>{said}</p>
      <Form form={form} layout="vertical" initialValues={last} onFinish={(fields) => void submit(fields)} requiredMark={false}>
        <Form.Item name="purpose" label={t("original.purpose")} rules={[{ required: true }]}>
          <Select options={purposes.map((value) => ({ value, label: t(`original.purposes.${value}`) }))} />
        </Form.Item>
        <Form.Item name="reason" label={t("original.reason")} extra={t("original.reasonHelp")}
          rules={[{ required: true, whitespace: true, min: MIN_CHARACTERS, max: MAX_CHARACTERS, message: t("original.reasonHelp") }]}>
          <Input autoFocus maxLength={MAX_CHARACTERS} onPressEnter={(event) => {
            event.preventDefault();
            form.submit();
          }} />
        </Form.Item>
        {problem && <Alert type="error" showIcon title={problem} role="alert" />}
      </Form>
    </Modal>
  );
}
