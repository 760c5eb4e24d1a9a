// Laws and regulations that let camera records prove a violation, by area.

import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Select, Switch } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Failed, Nothing, useProblemText } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { DayField } from "../parts/Dates";
import { Violation, violations, type ViolationCode } from "../parts/Violation";
import { useOrganisations } from "./queries";

type Basis = components["schemas"]["EvidenceBasisView"];

export function BasesPage() {
  const { t } = useTranslation("cameras");
  const { has } = useSession();
  const { message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const [isAdding, setIsAdding] = useState(false);
  const isKeeper = has("admin", "legal_reviewer");
  const bases = useQuery({ queryKey: ["evidence-bases"], queryFn: () => body(api.GET("/api/v1/evidence-bases")) });
  const change = useMutation({
    mutationFn: ({ id, ...patch }: { id: string; is_enabled?: boolean; effective_to?: string }) =>
      body(api.PATCH("/api/v1/evidence-bases/{basis_id}", { params: { path: { basis_id: id } }, body: patch })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["evidence-bases"] }),
    onError: (error) => message.error(say(error)),
  });
  if (bases.isError && !bases.data) return <Failed error={bases.error} onRetry={() => void bases.refetch()} />;
  return (
    <>
      <div className="page-tools">
        <span className="quiet">{t("basis.help")}</span>
        {isKeeper && <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsAdding(true)}>{t("basis.add")}</Button>}
      </div>
      <DataTable<Basis> label={t("nav.bases")} keyOf={(basis) => basis.id} rows={bases.data?.items} empty={<Nothing>{t("basis.empty")}</Nothing>}
        columns={[
          { key: "jurisdiction_name", title: t("basis.jurisdiction"), cell: (basis) => basis.jurisdiction_name },
          { key: "violation", title: t("basis.violation"), cell: (basis) => <Violation violation={basis.violation} /> },
          { key: "document", title: t("basis.document"), cell: (basis) => basis.document },
          { key: "effective_from", title: t("basis.from"), cell: (basis) => basis.effective_from, className: "figures" },
          { key: "to", title: t("basis.to"), className: "figures", cell: (basis) => basis.effective_to ?? (isKeeper
            ? <DayField size="small" placeholder={t("basis.never")} aria-label={t("basis.end")} value={null}
                onChange={(day: Dayjs | null) => day && change.mutate({ id: basis.id, effective_to: day.format("YYYY-MM-DD") })} />
            : t("basis.never")) },
          { key: "enabled", title: t("basis.enabled"), cell: (basis) => (
            <span><Switch size="small" checked={basis.is_enabled} disabled={!isKeeper} aria-label={t("basis.enabledHelp")}
              onChange={(is_enabled) => change.mutate({ id: basis.id, is_enabled })} /> {basis.is_enabled ? t("basis.on") : t("basis.off")}</span>
          ) },
        ]} />
      {isAdding && <AddBasis onClose={() => setIsAdding(false)} />}
    </>
  );
}

interface Fields {
  jurisdiction: string;
  violation: ViolationCode;
  document: string;
  from: Dayjs;
  to?: Dayjs | null;
  is_enabled: boolean;
}

function AddBasis({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { session } = useSession();
  const say = useProblemText();
  const queries = useQueryClient();
  const organisations = useOrganisations();
  const [form] = Form.useForm<Fields>();
  const add = useMutation({
    mutationFn: ({ from, to, ...fields }: Fields) =>
      body(api.POST("/api/v1/evidence-bases", {
        body: { ...fields, effective_from: from.format("YYYY-MM-DD"), effective_to: to?.format("YYYY-MM-DD") ?? null },
      })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["evidence-bases"] });
      onClose();
    },
  });
  const required = [{ required: true, message: t("legality.required") }];
  return (
    <Modal open title={t("basis.add")} okText={tc("action.add")} cancelText={tc("action.cancel")} confirmLoading={add.isPending}
      onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => add.mutate(fields)}
        initialValues={{ jurisdiction: session.user.organisation_id, from: dayjs(), is_enabled: true }}>
        <Form.Item name="jurisdiction" label={t("basis.jurisdiction")} rules={required}>
          <Select options={(organisations.data?.items ?? []).map((node) => ({ value: node.id, label: node.name }))} />
        </Form.Item>
        <Form.Item name="violation" label={t("basis.violation")} rules={required}>
          <Select options={violations.map((value) => ({ value, label: tc(`violation.${value}`) }))} />
        </Form.Item>
        <Form.Item name="document" label={t("basis.document")} rules={required}><Input maxLength={300} /></Form.Item>
        <div className="form-pair">
          <Form.Item name="from" label={t("basis.from")} rules={required}><DayField style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="to" label={t("basis.to")}><DayField placeholder={t("basis.never")} style={{ width: "100%" }} /></Form.Item>
        </div>
        <Form.Item name="is_enabled" label={t("basis.enabled")} valuePropName="checked" extra={t("basis.enabledHelp")}><Switch /></Form.Item>
        {add.isError && <Alert type="error" showIcon role="alert" title={say(add.error)} />}
      </Form>
    </Modal>
  );
}
