// Name and password: as a page's card, or on top of a page whose session has expired.

import { LockOutlined, UserOutlined } from "@ant-design/icons";
import { Alert, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import type { Session } from "../app/session";
import { useProblemText } from "../app/states";

interface LoginFormProps {
  onLogin: (session: Session) => void;
  again?: boolean;
  login?: string;
}

interface Fields {
  login: string;
  password: string;
}

export function LoginForm({ onLogin, again = false, login }: LoginFormProps) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const explain = (error: unknown): string => {
    if (error instanceof Problem && error.status === 401) return t("account.wrong");
    if (error instanceof Problem && error.status === 429) {
      const seconds = Number(error.document["retry_after_seconds"] ?? 60);
      return t("account.tooOften", { seconds });
    }
    return say(error);
  };

  const submit = async (fields: Fields) => {
    setBusy(true);
    setProblem(null);
    try {
      onLogin(await body(api.POST("/api/v1/session", { body: fields })));
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };

  const form = (
    <Form<Fields> layout="vertical" onFinish={(fields) => void submit(fields)} requiredMark={false}
      initialValues={{ login: login ?? "" }}>
      {again && <Alert type="warning" showIcon title={t("account.expired")} style={{ marginBottom: 16 }} />}
      <Form.Item name="login" label={t("account.name")} rules={[{ required: true, message: "" }]}>
        <Input size="large" prefix={<UserOutlined />} autoComplete="username" autoFocus={!again} disabled={again} />
      </Form.Item>
      <Form.Item name="password" label={t("account.password")} rules={[{ required: true, message: "" }]}>
        <Input.Password size="large" prefix={<LockOutlined />} autoComplete="current-password" autoFocus={again} />
      </Form.Item>
      {problem && <Alert type="error" showIcon title={problem} role="alert" style={{ marginBottom: 16 }} />}
      <Button type="primary" htmlType="submit" size="large" block loading={busy}>
        {t("account.login")}
      </Button>
    </Form>
  );
  if (!again) return form;
  return (
    <Modal open closable={false} footer={null} width={380} title={t("account.login")}>
      {form}
    </Modal>
  );
}
