// People of one's area: who they are, what they may do.

import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Dropdown, Input, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { Failed, Nothing, useProblemText } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { ShownOnce } from "../parts/ShownOnce";
import { When } from "../parts/When";
import { PersonForm } from "./PersonForm";
import { usePeople, type Person } from "./queries";

interface Made {
  user: Person;
  password: string;
}

export function PeoplePage() {
  const { t } = useTranslation("admin");
  const { has } = useSession();
  const people = usePeople();
  const [text, setText] = useState("");
  const [withDisabled, setWithDisabled] = useState(false);
  const [form, setForm] = useState<"new" | Person | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const isAdmin = has("admin");
  if (people.isError && !people.data) return <Failed error={people.error} onRetry={() => void people.refetch()} />;
  const wanted = text.trim().toLowerCase();
  const rows = (people.data?.items ?? []).filter((person) =>
    (withDisabled || !person.disabled_at) && [person.login, person.name, person.organisation_name].join(" ").toLowerCase().includes(wanted));
  return (
    <>
      <div className="page-tools">
        <span className="tool-row">
          <Input.Search allowClear placeholder={t("form.search")} aria-label={t("form.search")} style={{ width: 220 }}
            onChange={(event) => setText(event.target.value)} />
          <Checkbox checked={withDisabled} onChange={(event) => setWithDisabled(event.target.checked)}>{t("people.withDisabled")}</Checkbox>
        </span>
        {isAdmin && <Button type="primary" icon={<PlusOutlined />} onClick={() => setForm("new")}>{t("people.add")}</Button>}
      </div>
      <DataTable<Person> label={t("nav.people")} keyOf={(person) => person.id} rows={people.isPending ? undefined : rows}
        empty={<Nothing>{t("people.empty")}</Nothing>}
        columns={[
          { key: "login", title: t("people.login"), cell: (person) => person.login, className: "figures" },
          { key: "name", title: t("people.name"), cell: (person) => person.name },
          { key: "organisation_name", title: t("people.organisation"), cell: (person) => person.organisation_name },
          { key: "roles", title: t("people.roles"), cell: (person) => person.roles.map((role) => <Tag key={role}>{t(`role.${role}`)}</Tag>) },
          { key: "qualified", title: t("people.qualified"), cell: (person) => (person.legal_qualified ? `✓ ${person.certificate_number}` : "–") },
          { key: "state", title: t("people.state"), cell: (person) => <PersonState person={person} /> },
          { key: "created", title: t("people.created"), cell: (person) => <When at={person.created_at} seconds={false} /> },
          ...(isAdmin ? [{ key: "actions", title: "", className: "cell-actions", cell: (person: Person) => (
            <PersonActions person={person} onEdit={() => setForm(person)} onPassword={setMade} />
          ) }] : []),
        ]} />
      {form && <PersonForm person={form === "new" ? null : form} onClose={() => setForm(null)} onMade={setMade} />}
      <ShownOnce secret={made?.password ?? null} onClose={() => setMade(null)}
        title={t("people.passwordOf", { name: made?.user.name ?? "", login: made?.user.login ?? "" })}>
        <span>{t("people.passwordUse")}</span>
      </ShownOnce>
    </>
  );
}

function PersonState({ person }: { person: Person }) {
  const { t } = useTranslation("admin");
  if (person.disabled_at) return <span className="quiet">✕ {t("people.disabled")}</span>;
  return <span>{person.must_change_password ? `◐ ${t("people.mustChange")}` : `● ${t("people.active")}`}</span>;
}

interface PersonActionsProps {
  person: Person;
  onEdit: () => void;
  onPassword: (made: Made) => void;
}

function PersonActions({ person, onEdit, onPassword }: PersonActionsProps) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { modal, message } = App.useApp();
  const { session } = useSession();
  const say = useProblemText();
  const queries = useQueryClient();
  const path = { user_id: person.id };
  const fail = (error: unknown) => void message.error(say(error));
  const renewed = () => queries.invalidateQueries({ queryKey: ["people"] });
  const change = useMutation({
    mutationFn: (disabled: boolean) => body(api.PATCH("/api/v1/users/{user_id}", { params: { path }, body: { disabled } })),
    onSuccess: renewed,
    onError: fail,
  });
  const reset = useMutation({
    mutationFn: () => body(api.POST("/api/v1/users/{user_id}/password", { params: { path } })),
    onSuccess: (made) => {
      onPassword(made);
      void renewed();
    },
    onError: fail,
  });
  const end = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/users/{user_id}/sessions", { params: { path } })),
    onSuccess: () => message.success(t("people.sessionsEnded", { name: person.name })),
    onError: fail,
  });
  const ask = (title: string, act: () => Promise<unknown>) =>
    modal.confirm({ title, onOk: () => act().catch(() => undefined) }); // the mutation says what went wrong
  const isSelf = person.id === session.user.id;
  const actions: Record<string, () => void> = {
    edit: onEdit,
    reset: () => ask(t("people.resetAsk", { name: person.name }), () => reset.mutateAsync()),
    end: () => end.mutate(),
    disable: () => ask(t("people.disableAsk", { name: person.name }), () => change.mutateAsync(true)),
    enable: () => change.mutate(false),
  };
  return (
    <Dropdown trigger={["click"]} menu={{
      onClick: ({ key }) => actions[key]?.(),
      items: [
        { key: "edit", label: t("people.edit") },
        { key: "reset", label: t("people.reset"), disabled: isSelf },
        { key: "end", label: t("people.endSessions") },
        person.disabled_at
          ? { key: "enable", label: t("people.enable") }
          : { key: "disable", label: t("people.disable"), danger: true, disabled: isSelf },
      ],
    }}>
      <Button size="small" aria-label={`${tc("action.more")}: ${person.login}`}>{tc("action.more")}</Button>
    </Dropdown>
  );
}
