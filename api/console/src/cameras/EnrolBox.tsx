// A one-time code with which one box enrols; it is shown once.

import { useMutation } from "@tanstack/react-query";
import { Alert, Form, Input, InputNumber, Modal, Select } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { useProblemText } from "../app/states";
import { ShownOnce } from "../parts/ShownOnce";
import { useOrganisations } from "./queries";

interface Fields {
  box_id: string;
  organisation_id: string;
  hours: number;
}

export function EnrolBox({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { session } = useSession();
  const say = useProblemText();
  const organisations = useOrganisations();
  const [form] = Form.useForm<Fields>();
  const make = useMutation({ mutationFn: (fields: Fields) => body(api.POST("/api/v1/boxes/codes", { body: fields })), onSuccess: onClose });
  return (
    <>
      <Modal open={open} title={t("boxes.codeTitle")} okText={t("boxes.create")} cancelText={tc("action.cancel")} destroyOnHidden
        confirmLoading={make.isPending} onOk={() => form.submit()} onCancel={onClose}>
        <Form<Fields> form={form} layout="vertical" onFinish={(fields) => make.mutate(fields)}
          initialValues={{ organisation_id: session.user.organisation_id, hours: 24 }}>
          <p className="quiet">{t("boxes.codeHelp")}</p>
          <Form.Item name="box_id" label={t("boxes.id")} rules={[{ required: true, pattern: /^[A-Za-z0-9._-]{1,64}$/, message: t("registration.idHelp") }]}>
            <Input className="figures" autoFocus />
          </Form.Item>
          <div className="form-pair">
            <Form.Item name="organisation_id" label={t("boxes.organisation")} rules={[{ required: true }]}>
              <Select options={(organisations.data?.items ?? []).map((node) => ({ value: node.id, label: node.name }))} />
            </Form.Item>
            <Form.Item name="hours" label={t("boxes.hours")}><InputNumber min={1} max={336} precision={0} style={{ width: "100%" }} /></Form.Item>
          </div>
          {make.isError && <Alert type="error" showIcon role="alert" title={say(make.error)} />}
        </Form>
      </Modal>
      <ShownOnce title={t("boxes.codeMade", { box: make.data?.box_id ?? "" })} secret={make.data?.code ?? null} onClose={() => make.reset()}>
        {make.data && <span>{t("boxes.codeUse", { when: dayjs(make.data.expires_at).format("YYYY-MM-DD HH:mm") })}</span>}
      </ShownOnce>
    </>
  );
}
