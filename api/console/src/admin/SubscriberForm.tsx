// A case system that is to be called.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Form, Input, Modal, Select } from "antd";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { useProblemText } from "../app/states";
import { webAddressRule } from "../parts/webAddress";
import { eventKey, eventTypes, type EventType } from "./events";
import { useOrganisations, type Subscriber } from "./queries";

interface Fields {
  name: string;
  url: string;
  event_types: EventType[];
  organisation_path: string;
}

export function SubscriberForm({ onClose, onMade }: { onClose: () => void; onMade: (made: Subscriber & { secret: string }) => void }) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { session } = useSession();
  const say = useProblemText();
  const queries = useQueryClient();
  const organisations = useOrganisations();
  const [form] = Form.useForm<Fields>();
  const make = useMutation({
    mutationFn: (fields: Fields) => body(api.POST("/api/v1/subscribers", { body: fields })),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["subscribers"] });
      onClose();
      onMade(made);
    },
  });
  const required = { required: true, message: t("form.required") };
  return (
    <Modal open title={t("subscribers.add")} okText={tc("action.add")} cancelText={tc("action.cancel")} confirmLoading={make.isPending}
      onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => make.mutate(fields)}
        initialValues={{ organisation_path: session.user.organisation_path, event_types: [] }}>
        <Form.Item name="name" label={t("subscribers.name")} rules={[required]}><Input maxLength={100} autoFocus /></Form.Item>
        <Form.Item name="url" label={t("subscribers.url")} rules={[required, webAddressRule(t("form.url"))]}>
          <Input placeholder="https://" className="figures" />
        </Form.Item>
        <Form.Item name="event_types" label={t("subscribers.events")}>
          <Select mode="multiple" placeholder={t("subscribers.anyEvent")} options={eventTypes.map((value) => ({ value, label: t(`subscribers.type.${eventKey(value)}`) }))} />
        </Form.Item>
        <Form.Item name="organisation_path" label={t("subscribers.organisation")}>
          <Select options={(organisations.data?.items ?? []).map((node) => ({ value: node.path, label: node.name }))} />
        </Form.Item>
        {make.isError && <Alert type="error" showIcon role="alert" title={say(make.error)} />}
      </Form>
    </Modal>
  );
}
