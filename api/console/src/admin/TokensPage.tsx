// Tokens of other systems: made here, shown once, revoked here.

import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Select, Tag } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { Failed, Nothing, useProblemText } from "../app/states";
import { Age } from "../parts/Age";
import { ShownOnce } from "../parts/ShownOnce";
import { DataTable } from "../parts/DataTable";
import { DayField } from "../parts/Dates";
import { When } from "../parts/When";
import { organisationName, scopes, useOrganisations, useTokens, type Scope, type Token } from "./queries";

interface Made {
  machine_token: Token;
  token: string;
}

function stateOf(token: Token): "good" | "expired" | "revoked" {
  if (token.revoked_at) return "revoked";
  return token.expires_at && dayjs(token.expires_at).isBefore(dayjs()) ? "expired" : "good";
}

// A colon would name another list of words.
const scopeKeys = {
  "feed:read": "feed_read", "cases:write": "cases_write", "metrics:read": "metrics_read", "register:write": "register_write",
} as const satisfies Record<Scope, string>;

const shapes = { good: "●", expired: "◌", revoked: "✕" };

export function TokensPage() {
  const { t } = useTranslation("admin");
  const { has } = useSession();
  const { modal, message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const tokens = useTokens();
  const organisations = useOrganisations();
  const [isAdding, setIsAdding] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const revoke = useMutation({
    mutationFn: (id: string) => body(api.DELETE("/api/v1/machine-tokens/{token_id}", { params: { path: { token_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["machine-tokens"] }),
    onError: (error) => message.error(say(error)),
  });
  if (tokens.isError && !tokens.data) return <Failed error={tokens.error} onRetry={() => void tokens.refetch()} />;
  const ask = (token: Token) =>
    modal.confirm({ title: t("tokens.revokeAsk", { name: token.name }), okText: t("tokens.revoke"), okButtonProps: { danger: true }, onOk: () => revoke.mutate(token.id) });
  return (
    <>
      <div className="page-tools">
        <span />
        {has("admin") && <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsAdding(true)}>{t("tokens.add")}</Button>}
      </div>
      <DataTable<Token> label={t("nav.tokens")} keyOf={(token) => token.id} rows={tokens.data?.items} empty={<Nothing>{t("tokens.empty")}</Nothing>}
        columns={[
          { key: "name", title: t("tokens.name"), cell: (token) => token.name },
          { key: "scopes", title: t("tokens.scopes"), cell: (token) => token.scopes.map((scope) => <Tag key={scope} title={scope}>{t(`tokens.scope.${scopeKeys[scope]}`)}</Tag>) },
          { key: "organisation", title: t("tokens.organisation"), cell: (token) => organisationName(organisations.data?.items, token.organisation_path) },
          { key: "created", title: t("tokens.created"), cell: (token) => <When at={token.created_at} seconds={false} /> },
          { key: "expires", title: t("tokens.expires"), cell: (token) => (token.expires_at ? <When at={token.expires_at} seconds={false} /> : t("tokens.never")) },
          { key: "used", title: t("tokens.used"), cell: (token) => (token.used_at ? <Age at={token.used_at} /> : <span className="quiet">{t("tokens.unused")}</span>) },
          { key: "state", title: t("tokens.state"), cell: (token) => `${shapes[stateOf(token)]} ${t(`tokens.${stateOf(token)}`)}` },
          ...(has("admin") ? [{ key: "actions", title: "", className: "cell-actions", cell: (token: Token) => stateOf(token) === "good" && (
            <Button size="small" danger onClick={() => ask(token)}>{t("tokens.revoke")}</Button>
          ) }] : []),
        ]} />
      {isAdding && <TokenForm onClose={() => setIsAdding(false)} onMade={setMade} />}
      <ShownOnce title={t("tokens.made", { name: made?.machine_token.name ?? "" })} secret={made?.token ?? null} onClose={() => setMade(null)}>
        <span>{t("tokens.use")}</span>
      </ShownOnce>
    </>
  );
}

interface Fields {
  name: string;
  organisation_id: string;
  scopes: Scope[];
  expires?: Dayjs | null;
}

function TokenForm({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { session } = useSession();
  const say = useProblemText();
  const queries = useQueryClient();
  const organisations = useOrganisations();
  const [form] = Form.useForm<Fields>();
  const make = useMutation({
    mutationFn: ({ expires, ...fields }: Fields) =>
      body(api.POST("/api/v1/machine-tokens", { body: { ...fields, expires_at: expires?.toISOString() ?? null } })),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ["machine-tokens"] });
      onClose();
      onMade(made);
    },
  });
  const required = [{ required: true, message: t("form.required") }];
  return (
    <Modal open title={t("tokens.add")} okText={tc("action.add")} cancelText={tc("action.cancel")} confirmLoading={make.isPending}
      onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => make.mutate(fields)} initialValues={{ organisation_id: session.user.organisation_id }}>
        <Form.Item name="name" label={t("tokens.name")} rules={required}><Input maxLength={100} autoFocus autoComplete="off" /></Form.Item>
        <Form.Item name="scopes" label={t("tokens.scopes")} rules={required}>
          <Select mode="multiple" options={scopes.map((value) => ({ value, label: t(`tokens.scope.${scopeKeys[value]}`) }))} />
        </Form.Item>
        <div className="form-pair">
          <Form.Item name="organisation_id" label={t("tokens.organisation")} rules={required}>
            <Select options={(organisations.data?.items ?? []).map((node) => ({ value: node.id, label: node.name }))} />
          </Form.Item>
          <Form.Item name="expires" label={t("tokens.expires")}>
            <DayField showTime placeholder={t("tokens.never")} style={{ width: "100%" }} disabledDate={(day) => day.isBefore(dayjs(), "day")} />
          </Form.Item>
        </div>
        {make.isError && <Alert type="error" showIcon role="alert" title={say(make.error)} />}
      </Form>
    </Modal>
  );
}
