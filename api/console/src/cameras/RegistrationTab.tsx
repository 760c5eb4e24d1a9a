// Where a camera belongs: area, box, position, mount, owner, purposes.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, InputNumber, Select, Space } from "antd";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { useProblemText } from "../app/states";
import { violations } from "../parts/Violation";
import { When } from "../parts/When";
import { useBoxes, useOrganisations, type CameraDetail } from "./queries";

const mounts = ["fixed", "mobile", "ptz", "dome"] as const;
const systems = ["WGS84", "CGCS2000", "GCJ02"] as const;

type Registration = CameraDetail["registration"];

export function RegistrationTab({ camera }: { camera: CameraDetail }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { has } = useSession();
  const { message, modal } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const isReadOnly = !has("admin");
  const change = useMutation({
    mutationFn: (patch: Partial<Registration> & { retired?: boolean }) =>
      body(api.PATCH("/api/v1/cameras/{camera_id}", { params: { path: { camera_id: camera.id } }, body: patch })),
    onSuccess: () => {
      message.success(t("registration.saved"));
      void queries.invalidateQueries({ queryKey: ["camera", camera.id] });
      void queries.invalidateQueries({ queryKey: ["cameras"] });
    },
  });
  const retire = () =>
    modal.confirm({ title: t("registration.retire"), content: t("registration.retireAsk"), onOk: () => change.mutateAsync({ retired: true }) });
  return (
    <Form<Registration> layout="vertical" className="registration" disabled={isReadOnly} initialValues={camera.registration}
      onFinish={(fields) => change.mutate({
        ...fields, box_id: fields.box_id || null, longitude: fields.longitude ?? null, latitude: fields.latitude ?? null,
      })}>
      <RegistrationFields />
      <p className="quiet small">{t("registration.created")} <When at={camera.created_at} /></p>
      {change.isError && <Alert type="error" showIcon role="alert" title={say(change.error)} style={{ marginBottom: 12 }} />}
      {!isReadOnly && (
        <Space>
          <Button type="primary" htmlType="submit" loading={change.isPending}>{tc("action.save")}</Button>
          {camera.retired_at
            ? <Button onClick={() => change.mutate({ retired: false })}>{t("registration.revive")}</Button>
            : <Button danger onClick={retire}>{t("registration.retire")}</Button>}
        </Space>
      )}
    </Form>
  );
}

export function RegistrationFields() {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const organisations = useOrganisations();
  const boxes = useBoxes();
  return (
    <>
      <div className="form-pair">
        <Form.Item name="organisation_id" label={t("registration.organisation")} rules={[{ required: true, message: t("legality.required") }]}>
          <Select showSearch={{ optionFilterProp: "label" }}
            options={(organisations.data?.items ?? []).map((node) => ({ value: node.id, label: `${node.name} (${node.id})` }))} />
        </Form.Item>
        <Form.Item name="box_id" label={t("registration.box")}>
          <Select allowClear placeholder={t("registration.noBox")} options={(boxes.data?.items ?? []).map((box) => ({ value: box.id, label: box.id }))} />
        </Form.Item>
      </div>
      <div className="form-three">
        <Form.Item name="longitude" label={t("registration.longitude")}>
          <InputNumber min={-180} max={180} step={0.0001} style={{ width: "100%" }} className="figures" />
        </Form.Item>
        <Form.Item name="latitude" label={t("registration.latitude")}>
          <InputNumber min={-90} max={90} step={0.0001} style={{ width: "100%" }} className="figures" />
        </Form.Item>
        <Form.Item name="coord_sys" label={t("registration.coordinates")}>
          <Select options={systems.map((value) => ({ value, label: value }))} />
        </Form.Item>
      </div>
      <div className="form-pair">
        <Form.Item name="mount" label={t("registration.mount")}>
          <Select options={mounts.map((value) => ({ value, label: t(`registration.mounts.${value}`) }))} />
        </Form.Item>
        <Form.Item name="permitted_purposes" label={t("registration.purposes")}>
          <Select mode="multiple" placeholder={t("registration.anyPurpose")} maxTagCount="responsive"
            options={violations.map((value) => ({ value, label: tc(`violation.${value}`) }))} />
        </Form.Item>
      </div>
      <Form.Item name="owner_organisation" label={t("registration.owner")}><Input maxLength={200} /></Form.Item>
      <Form.Item name="sharing_basis" label={t("registration.sharing")}><Input.TextArea rows={2} maxLength={1000} /></Form.Item>
    </>
  );
}
