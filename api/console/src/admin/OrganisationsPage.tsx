// The organisations as a tree; whoever belongs to a node sees all below it.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal, Skeleton, Tree } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { useCameras } from "../cameras/queries";
import { Failed, useProblemText } from "../app/states";
import { useOrganisations, usePeople, type Organisation } from "./queries";
import { treeOf, type Node } from "./tree";

type Task = { below: Organisation } | { rename: Organisation };

export function OrganisationsPage() {
  const { t } = useTranslation("admin");
  const { has } = useSession();
  const organisations = useOrganisations();
  const people = usePeople();
  const cameras = useCameras();
  const [task, setTask] = useState<Task | null>(null);
  if (organisations.isPending) return <Skeleton active />;
  if (!organisations.data) return <Failed error={organisations.error} onRetry={() => void organisations.refetch()} />;
  const { items } = organisations.data;
  const counts = new Map<string, number>();
  for (const person of people.data?.items ?? []) counts.set(person.organisation_id, (counts.get(person.organisation_id) ?? 0) + 1);
  const camerasOf = (path: string) => (cameras.data?.items ?? []).filter((camera) => camera.organisation_path === path).length;
  return (
    <>
      <p className="quiet">{t("organisations.help")}</p>
      <Tree<Node & { title?: never }> treeData={treeOf(items)} defaultExpandAll selectable={false} blockNode showLine
        titleRender={({ organisation }) => (
          <span className="organisation" data-organisation={organisation.id}>
            <strong>{organisation.name}</strong> <span className="quiet figures">{organisation.id}</span>
            <span className="quiet figures">{t("organisations.people", { count: counts.get(organisation.id) ?? 0 })}</span>
            <span className="quiet figures">{t("organisations.cameras", { count: camerasOf(organisation.path) })}</span>
            {has("admin") && (
              <span className="organisation-actions">
                <Button size="small" type="link" onClick={() => setTask({ below: organisation })}>{t("organisations.add")}</Button>
                <Button size="small" type="link" onClick={() => setTask({ rename: organisation })}>{t("organisations.rename")}</Button>
              </span>
            )}
          </span>
        )} />
      {items.length === 1 && <p className="quiet">{t("organisations.empty")}</p>}
      {task && <OrganisationForm task={task} onClose={() => setTask(null)} />}
    </>
  );
}

function OrganisationForm({ task, onClose }: { task: Task; onClose: () => void }) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const say = useProblemText();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ id: string; name: string }>();
  const save = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      "below" in task
        ? body(api.POST("/api/v1/organisations", { body: { id, name, parent_id: task.below.id } }))
        : body(api.PATCH("/api/v1/organisations/{organisation_id}", { params: { path: { organisation_id: task.rename.id } }, body: { name } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["organisations"] });
      onClose();
    },
  });
  const isNew = "below" in task;
  return (
    <Modal open title={isNew ? t("organisations.addTitle", { name: task.below.name }) : t("organisations.rename")} cancelText={tc("action.cancel")}
      okText={tc("action.save")} confirmLoading={save.isPending} onOk={() => form.submit()} onCancel={onClose}>
      <Form form={form} layout="vertical" onFinish={(fields) => save.mutate(fields)} initialValues={{ name: isNew ? "" : task.rename.name, id: isNew ? task.below.id : "" }}>
        {isNew && (
          <Form.Item name="id" label={t("organisations.id")} rules={[{ required: true, pattern: /^[0-9A-Za-z]{2,32}$/, message: t("organisations.idHelp") }]}>
            <Input className="figures" />
          </Form.Item>
        )}
        <Form.Item name="name" label={t("organisations.name")} rules={[{ required: true, message: t("form.required") }]}><Input maxLength={100} autoFocus /></Form.Item>
        {save.isError && <Alert type="error" showIcon role="alert" title={say(save.error)} />}
      </Form>
    </Modal>
  );
}
