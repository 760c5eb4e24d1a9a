// A new password is due before anything else.

import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useProblemText } from "../app/states";

export function PasswordForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (fields: { old: string; new: string }) => {
    setBusy(true);
    setProblem(null);
    try {
      await body(api.PUT("/api/v1/session/password", { body: fields }));
      onDone();
    } catch (error) {
      setProblem(say(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Form layout="vertical" requiredMark={false} onFinish={(fields) => void submit(fields)}>
      <Form.Item name="old" label={t("account.currentPassword")} rules={[{ required: true, message: "" }]}>
        <Input.Password autoComplete="current-password" autoFocus />
      </Form.Item>
      <Form.Item name="new" label={t("account.newPassword")} rules={[{ required: true, message: "" }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {problem && <Alert type="error" showIcon title={problem} role="alert" style={{ marginBottom: 16 }} />}
      <Button type="primary" htmlType="submit" loading={busy}>
        {t("account.changePassword")}
      </Button>
    </Form>
  );
}

export function PasswordPage({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <main className="centred login">
      <section className="login-card">
        <h1 className="login-title">{t("account.changePassword")}</h1>
        <PasswordForm onDone={onDone} />
      </section>
    </main>
  );
}
