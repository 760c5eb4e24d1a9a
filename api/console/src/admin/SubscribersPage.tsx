// Case systems that are called with events: test, secret, deliveries, dead letters.

import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Space, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { Failed, Nothing, useProblemText } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { ShownOnce } from "../parts/ShownOnce";
import { Deliveries } from "./Deliveries";
import { eventKey } from "./events";
import { organisationName, useOrganisations, useSubscribers, type Subscriber } from "./queries";
import { SubscriberForm } from "./SubscriberForm";

type WithSecret = Subscriber & { secret: string };

export function SubscribersPage() {
  const { t } = useTranslation("admin");
  const { has } = useSession();
  const subscribers = useSubscribers();
  const organisations = useOrganisations();
  const [isAdding, setIsAdding] = useState(false);
  const [made, setMade] = useState<WithSecret | null>(null);
  const [openId, setOpenId] = useState<string | null>(null);
  const isAdmin = has("admin");
  const open = subscribers.data?.items.find((one) => one.id === openId);
  if (subscribers.isError && !subscribers.data) return <Failed error={subscribers.error} onRetry={() => void subscribers.refetch()} />;
  return (
    <>
      <div className="page-tools">
        <span />
        {isAdmin && <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsAdding(true)}>{t("subscribers.add")}</Button>}
      </div>
      <DataTable<Subscriber> label={t("nav.subscribers")} keyOf={(one) => one.id} rows={subscribers.data?.items}
        empty={<Nothing>{t("subscribers.empty")}</Nothing>}
        columns={[
          { key: "name", title: t("subscribers.name"), cell: (one) => one.name },
          { key: "url", title: t("subscribers.url"), cell: (one) => one.url, className: "figures cell-address" },
          { key: "events", title: t("subscribers.events"), cell: (one) => (one.event_types.length === 0
            ? t("subscribers.anyEvent")
            : one.event_types.map((type) => t(`subscribers.type.${eventKey(type)}`)).join(", ")) },
          { key: "organisation", title: t("subscribers.organisation"), cell: (one) => organisationName(organisations.data?.items, one.organisation_path) },
          { key: "state", title: t("subscribers.state"), cell: (one) => <Enabled subscriber={one} isAdmin={isAdmin} /> },
          { key: "actions", title: "", className: "cell-actions", cell: (one) => (
            <SubscriberActions subscriber={one} isAdmin={isAdmin} onOpen={() => setOpenId(one.id)} onSecret={setMade} />
          ) },
        ]} />
      {isAdding && <SubscriberForm onClose={() => setIsAdding(false)} onMade={setMade} />}
      <ShownOnce title={t("subscribers.secretOf", { name: made?.name ?? "" })} secret={made?.secret ?? null} onClose={() => setMade(null)}>
        <span>{t("subscribers.secretUse")}</span>
      </ShownOnce>
      <Drawer open={open !== undefined} size={820} onClose={() => setOpenId(null)} destroyOnHidden
        title={t("subscribers.deliveriesOf", { name: open?.name ?? "" })}>
        {open && <Deliveries subscriberId={open.id} isAdmin={isAdmin} />}
      </Drawer>
    </>
  );
}

function Enabled({ subscriber, isAdmin }: { subscriber: Subscriber; isAdmin: boolean }) {
  const { t } = useTranslation("admin");
  const { message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const isOn = subscriber.disabled_at === null;
  const change = useMutation({
    mutationFn: (enabled: boolean) =>
      body(api.PATCH("/api/v1/subscribers/{subscriber_id}", { params: { path: { subscriber_id: subscriber.id } }, body: { enabled } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["subscribers"] }),
    onError: (error) => message.error(say(error)),
  });
  return (
    <span>
      {isAdmin && <Switch size="small" checked={isOn} loading={change.isPending} onChange={(on) => change.mutate(on)}
        aria-label={`${t("subscribers.enabled")}: ${subscriber.name}`} title={t("subscribers.enableHelp")} />}{" "}
      {isOn ? `● ${t("subscribers.enabled")}` : `✕ ${t("subscribers.disabled")}`}
      {subscriber.disabled_reason && <div className="quiet small">{subscriber.disabled_reason}</div>}
    </span>
  );
}

interface SubscriberActionsProps {
  subscriber: Subscriber;
  isAdmin: boolean;
  onOpen: () => void;
  onSecret: (made: WithSecret) => void;
}

function SubscriberActions({ subscriber, isAdmin, onOpen, onSecret }: SubscriberActionsProps) {
  const { t } = useTranslation("admin");
  const { modal, message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const path = { subscriber_id: subscriber.id };
  const fail = (error: unknown) => void message.error(say(error));
  const test = useMutation({
    mutationFn: () => body(api.POST("/api/v1/subscribers/{subscriber_id}/test", { params: { path } })),
    onSuccess: () => {
      message.success(t("subscribers.tested"));
      void queries.invalidateQueries({ queryKey: ["deliveries", subscriber.id] });
      onOpen();
    },
    onError: fail,
  });
  const renew = useMutation({
    mutationFn: () => body(api.POST("/api/v1/subscribers/{subscriber_id}/secret", { params: { path } })),
    onSuccess: onSecret,
    onError: fail,
  });
  return (
    <Space size={4}>
      <Button size="small" onClick={onOpen}>{t("subscribers.deliveries")}</Button>
      {isAdmin && <Button size="small" loading={test.isPending} disabled={subscriber.disabled_at !== null} onClick={() => test.mutate()}>{t("subscribers.test")}</Button>}
      {isAdmin && (
        <Button size="small" onClick={() => modal.confirm({ title: t("subscribers.secretAsk", { name: subscriber.name }), onOk: () => renew.mutate() })}>
          {t("subscribers.secret")}
        </Button>
      )}
    </Space>
  );
}
