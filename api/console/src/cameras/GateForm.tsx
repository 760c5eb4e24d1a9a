// Writing down that a camera meets a condition for a time.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useProblemText } from "../app/states";
import { DayField } from "../parts/Dates";
import { webAddressRule } from "../parts/webAddress";

export type GateKind = components["schemas"]["GateKind"];

type Detail = "document" | "by" | "url" | "photo";

// What a condition of a kind cannot be without; as the API has it.
const needed: Record<GateKind, readonly (Detail | "until")[]> = {
  legal_review: ["document", "by"],
  technical_review: ["document", "by"],
  maintenance: ["by", "until"],
  sign: ["photo"],
  publication: ["url"],
  filing: ["document"],
};

interface Fields {
  from: Dayjs;
  until?: Dayjs | null;
  document?: string;
  by?: string;
  url?: string;
  photo?: string;
  note?: string;
}

export function GateForm({ cameraId, kind, onClose }: { cameraId: string; kind: GateKind; onClose: () => void }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const say = useProblemText();
  const queries = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const record = useMutation({
    mutationFn: ({ from, until, document = "", by = "", url, photo = "", note = "" }: Fields) =>
      body(api.POST("/api/v1/cameras/{camera_id}/gates", {
        params: { path: { camera_id: cameraId } },
        body: {
          gate: kind, met_from: from.toISOString(), met_until: until?.toISOString() ?? null, document,
          details: { by, url: url || null, photo, note, standards: [] },
        },
      })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["camera", cameraId, "gates"] });
      void queries.invalidateQueries({ queryKey: ["camera-legality"] });
      onClose();
    },
  });
  const rules = (name: Detail | "until") => (needed[kind].includes(name) ? [{ required: true, message: t("legality.required") }] : []);
  const details: readonly Detail[] = ["document", "by", "url", "photo"];
  const asked = details.filter((name) => needed[kind].includes(name) || name === "document");
  return (
    <Modal open title={t("legality.addTitle", { gate: t(`gate.${kind}`) })} okText={t("legality.add")} cancelText={tc("action.cancel")}
      confirmLoading={record.isPending} onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" initialValues={{ from: dayjs().startOf("day") }} onFinish={(fields) => record.mutate(fields)}>
        <div className="form-pair">
          <Form.Item name="from" label={t("legality.metFrom")} rules={[{ required: true, message: t("legality.required") }]}>
            <DayField showTime style={{ width: "100%" }} />
          </Form.Item>
          <Form.Item name="until" label={t("legality.metUntil")} rules={rules("until")}>
            <DayField showTime placeholder={t("legality.open")} style={{ width: "100%" }} />
          </Form.Item>
        </div>
        {asked.map((name) => (
          <Form.Item key={name} name={name} label={t(`legality.${name}`)}
            rules={[...rules(name), ...(name === "url" ? [webAddressRule(t("legality.urlNeeded"))] : [])]}>
            <Input maxLength={200} />
          </Form.Item>
        ))}
        <Form.Item name="note" label={t("legality.note")}>
          <Input.TextArea maxLength={1000} rows={2} />
        </Form.Item>
        <p className="quiet small">{t("legality.recordedHelp")}</p>
        {record.isError && <Alert type="error" showIcon role="alert" title={say(record.error)} />}
      </Form>
    </Modal>
  );
}
