// Review policies: which stages a candidate needs, by violation and area, with their history.

import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Form, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { Failed, Nothing, useProblemText } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { Violation, violations, type ViolationCode } from "../parts/Violation";
import { When } from "../parts/When";
import { organisationName, stages, useOrganisations, usePolicies, type Policy, type Stage } from "./queries";

export function PoliciesPage() {
  const { t } = useTranslation("admin");
  const { has } = useSession();
  const { modal, message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const policies = usePolicies();
  const organisations = useOrganisations();
  const [withEnded, setWithEnded] = useState(false);
  const [isAdding, setIsAdding] = useState(false);
  const end = useMutation({
    mutationFn: (id: string) => body(api.DELETE("/api/v1/policies/{policy_id}", { params: { path: { policy_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["policies"] }),
    onError: (error) => message.error(say(error)),
  });
  if (policies.isError && !policies.data) return <Failed error={policies.error} onRetry={() => void policies.refetch()} />;
  const rows = (policies.data?.items ?? []).filter((policy) => withEnded || policy.valid_to === null);
  return (
    <>
      <div className="page-tools">
        <span className="tool-row">
          <Checkbox checked={withEnded} onChange={(event) => setWithEnded(event.target.checked)}>{t("policies.withEnded")}</Checkbox>
          <span className="quiet">{t("policies.help")}</span>
        </span>
        {has("admin") && <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsAdding(true)}>{t("policies.add")}</Button>}
      </div>
      <DataTable<Policy> label={t("nav.policies")} keyOf={(policy) => policy.id} rows={policies.isPending ? undefined : rows}
        empty={<Nothing>{t("policies.empty")}</Nothing>}
        columns={[
          { key: "violation", title: t("policies.violation"), cell: (policy) => (policy.violation ? <Violation violation={policy.violation} /> : t("policies.anyViolation")) },
          { key: "organisation", title: t("policies.organisation"), cell: (policy) => organisationName(organisations.data?.items, policy.organisation_path) },
          { key: "stages", title: t("policies.stages"), cell: (policy) => policy.stages.map((stage) => t(`policies.stage.${stage}`)).join(" → ") },
          { key: "from", title: t("policies.from"), cell: (policy) => <When at={policy.valid_from} /> },
          { key: "to", title: t("policies.to"), cell: (policy) => (policy.valid_to ? <When at={policy.valid_to} /> : `● ${t("policies.current")}`) },
          ...(has("admin") ? [{ key: "actions", title: "", className: "cell-actions", cell: (policy: Policy) => policy.valid_to === null && (
            <Button size="small" onClick={() => modal.confirm({ title: t("policies.endAsk"), onOk: () => end.mutate(policy.id) })}>{t("policies.end")}</Button>
          ) }] : []),
        ]} />
      {isAdding && <PolicyForm onClose={() => setIsAdding(false)} />}
    </>
  );
}

interface Fields {
  violation: ViolationCode | "";
  organisation_path: string;
  further: Stage[];
}

function PolicyForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { session } = useSession();
  const say = useProblemText();
  const queries = useQueryClient();
  const organisations = useOrganisations();
  const [form] = Form.useForm<Fields>();
  const make = useMutation({
    mutationFn: ({ violation, organisation_path, further }: Fields) =>
      body(api.POST("/api/v1/policies", {
        body: { violation: violation || null, organisation_path, stages: stages.filter((stage) => stage === "operator" || further.includes(stage)) },
      })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["policies"] });
      onClose();
    },
  });
  return (
    <Modal open title={t("policies.add")} okText={tc("action.add")} cancelText={tc("action.cancel")} confirmLoading={make.isPending}
      onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => make.mutate(fields)}
        initialValues={{ violation: "", organisation_path: session.user.organisation_path, further: [] }}>
        <Form.Item name="violation" label={t("policies.violation")}>
          <Select options={[{ value: "", label: t("policies.anyViolation") }, ...violations.map((value) => ({ value, label: tc(`violation.${value}`) }))]} />
        </Form.Item>
        <Form.Item name="organisation_path" label={t("policies.organisation")}>
          <Select options={(organisations.data?.items ?? []).map((node) => ({ value: node.path, label: node.name }))} />
        </Form.Item>
        <Form.Item label={t("policies.stages")} extra={t("policies.help")}>
          <Checkbox checked disabled>{t("policies.stage.operator")}</Checkbox>
          <Form.Item name="further" noStyle>
            <Checkbox.Group options={stages.filter((stage) => stage !== "operator").map((value) => ({ value, label: t(`policies.stage.${value}`) }))} />
          </Form.Item>
        </Form.Item>
        {make.isError && <Alert type="error" showIcon role="alert" title={say(make.error)} />}
      </Form>
    </Modal>
  );
}
