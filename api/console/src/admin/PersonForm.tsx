// A new person, or changes of one.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Select, Switch } from "antd";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession, type Role } from "../app/session";
import { useProblemText } from "../app/states";
import { roles, useOrganisations, type Person } from "./queries";

interface Fields {
  login: string;
  name: string;
  organisation_id: string;
  roles: Role[];
  legal_qualified: boolean;
  certificate_number: string;
  language: "zh-CN" | "en";
}

interface PersonFormProps {
  person: Person | null; // null: a new one
  onClose: () => void;
  onMade: (made: { user: Person; password: string }) => void;
}

export function PersonForm({ person, onClose, onMade }: PersonFormProps) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { message } = App.useApp();
  const { session } = useSession();
  const say = useProblemText();
  const queries = useQueryClient();
  const organisations = useOrganisations();
  const [form] = Form.useForm<Fields>();
  const save = useMutation({
    mutationFn: async ({ login, ...fields }: Fields) => {
      if (person) {
        await body(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: person.id } }, body: fields }));
        return null;
      }
      return body(api.POST("/api/v1/users", { body: { login, ...fields } }));
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["people"] });
      onClose();
      if (made) onMade(made);
      else message.success(t("people.saved"));
    },
  });
  const required = [{ required: true, message: t("form.required") }];
  const begin: Partial<Fields> = person
    ? { ...person, language: person.language === "en" ? "en" : "zh-CN" }
    : { organisation_id: session.user.organisation_id, language: "zh-CN", legal_qualified: false, certificate_number: "", roles: [] };
  return (
    <Modal open title={person ? t("people.editTitle", { name: person.name }) : t("people.add")} okText={person ? tc("action.save") : tc("action.add")}
      cancelText={tc("action.cancel")} confirmLoading={save.isPending} onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" initialValues={begin} onFinish={(fields) => save.mutate(fields)}>
        <div className="form-pair">
          <Form.Item name="login" label={t("people.login")} extra={person ? null : t("people.loginHelp")}
            rules={[{ required: true, pattern: /^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$/, message: t("people.loginHelp") }]}>
            <Input disabled={person !== null} autoComplete="off" className="figures" />
          </Form.Item>
          <Form.Item name="name" label={t("people.name")} rules={required}><Input maxLength={100} autoComplete="off" /></Form.Item>
        </div>
        <Form.Item name="organisation_id" label={t("people.organisation")} rules={required}>
          <Select showSearch={{ optionFilterProp: "label" }} options={(organisations.data?.items ?? []).map((node) => ({ value: node.id, label: `${node.name} (${node.id})` }))} />
        </Form.Item>
        <Form.Item name="roles" label={t("people.roles")} rules={required}>
          <Select mode="multiple" options={roles.map((value) => ({ value, label: t(`role.${value}`) }))} />
        </Form.Item>
        <div className="form-pair">
          <Form.Item name="legal_qualified" label={t("people.qualified")} valuePropName="checked" extra={t("people.qualifiedHelp")}><Switch /></Form.Item>
          <Form.Item name="certificate_number" label={t("people.certificate")}><Input maxLength={64} /></Form.Item>
        </div>
        <Form.Item name="language" label={t("people.language")}>
          <Select options={[{ value: "zh-CN", label: "中文" }, { value: "en", label: "English" }]} />
        </Form.Item>
        {save.isError && <Alert type="error" showIcon role="alert" title={say(save.error)} />}
      </Form>
    </Modal>
  );
}
