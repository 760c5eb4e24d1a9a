// A camera that is registered by hand, before or without its box.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { useProblemText } from "../app/states";
import type { CameraDetail } from "./queries";
import { RegistrationFields } from "./RegistrationTab";

type Fields = CameraDetail["registration"] & { id: string; name: string };

export function AddCamera({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { session } = useSession();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const say = useProblemText();
  const queries = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const add = useMutation({
    mutationFn: ({ id, name, ...registration }: Fields) =>
      body(api.POST("/api/v1/cameras", {
        body: {
          registration: { ...registration, box_id: registration.box_id || null },
          settings: { id, name, timezone: "Asia/Shanghai", zones: [] },
          note: "",
        },
      })),
    onSuccess: (camera) => {
      message.success(t("registration.added", { id: camera.id }));
      void queries.invalidateQueries({ queryKey: ["cameras"] });
      onClose();
      void navigate(`/cameras/camera/${encodeURIComponent(camera.id)}`);
    },
  });
  return (
    <Modal open={open} width={640} title={t("registration.add")} okText={tc("action.add")} cancelText={tc("action.cancel")} destroyOnHidden
      confirmLoading={add.isPending} onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => add.mutate(fields)} initialValues={{
        organisation_id: session.user.organisation_id, coord_sys: "WGS84", mount: "fixed", permitted_purposes: [],
        owner_organisation: "", sharing_basis: "", name: "",
      }}>
        <div className="form-pair">
          <Form.Item name="id" label={t("registration.id")} extra={t("registration.idHelp")}
            rules={[{ required: true, pattern: /^[A-Za-z0-9._-]{1,64}$/, message: t("registration.idHelp") }]}>
            <Input className="figures" />
          </Form.Item>
          <Form.Item name="name" label={t("editor.cameraName")}><Input maxLength={200} /></Form.Item>
        </div>
        <RegistrationFields />
        {add.isError && <Alert type="error" showIcon role="alert" title={say(add.error)} />}
      </Form>
    </Modal>
  );
}
