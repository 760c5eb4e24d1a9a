// The hash-chained log: filters, a check in words, CSV.

import { DownloadOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { api, body } from "../api/client";
import { Failed, Nothing } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { SpanField } from "../parts/Dates";
import { When } from "../parts/When";
import { actionText, actions, actorText, subjectKinds, subjectText } from "./auditWords";
import { ChainCheck } from "./ChainCheck";
import { usePeople, type AuditEntry } from "./queries";

const names = ["action", "actor_id", "subject_kind", "subject_id", "since", "until"] as const;

export function AuditPage() {
  const { t } = useTranslation("admin");
  const [params, setParams] = useSearchParams();
  const people = usePeople();
  const wanted = Object.fromEntries(names.flatMap((name) => (params.get(name) ? [[name, params.get(name)]] : []))) as Partial<Record<(typeof names)[number], string>>;
  const log = useInfiniteQuery({
    queryKey: ["audit", wanted],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/audit", { params: { query: { limit: 100, ...wanted, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const set = (change: Record<string, string | undefined>) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      for (const [name, value] of Object.entries(change)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      return next;
    }, { replace: true });
  const rows = log.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <ChainCheck />
      <div className="page-tools">
        <span className="tool-row">
          <Select allowClear showSearch={{ optionFilterProp: "label" }} placeholder={t("audit.action")} aria-label={t("audit.action")} style={{ width: 180 }} value={wanted.action ?? null}
            onChange={(action?: string) => set({ action })} options={actions.map((value) => ({ value, label: actionText(value, t) }))} />
          <Select allowClear showSearch={{ optionFilterProp: "label" }} placeholder={t("audit.actor")} aria-label={t("audit.actor")} style={{ width: 160 }} value={wanted.actor_id ?? null}
            onChange={(actor_id?: string) => set({ actor_id })}
            options={(people.data?.items ?? []).map((person) => ({ value: person.id, label: `${person.name} (${person.login})` }))} />
          <Select allowClear placeholder={t("audit.subjectKind")} aria-label={t("audit.subjectKind")} style={{ width: 130 }} value={wanted.subject_kind ?? null}
            onChange={(subject_kind?: string) => set({ subject_kind })} options={subjectKinds.map((value) => ({ value, label: t(`audit.kind.${value}`) }))} />
          <Input allowClear placeholder={t("audit.subjectId")} aria-label={t("audit.subjectId")} style={{ width: 180 }} defaultValue={wanted.subject_id ?? ""}
            onPressEnter={(event) => set({ subject_id: event.currentTarget.value.trim() })} onBlur={(event) => set({ subject_id: event.target.value.trim() })} />
          <SpanField showTime aria-label={t("audit.range")} words={[t("audit.since"), t("audit.until")]}
            value={[wanted.since ? dayjs(wanted.since) : null, wanted.until ? dayjs(wanted.until) : null]}
            onChange={(range) => set({ since: range?.[0]?.toISOString(), until: range?.[1]?.toISOString() })} />
        </span>
        <Button icon={<DownloadOutlined />} href={`/api/v1/audit/export?${new URLSearchParams(wanted)}`} title={t("audit.exported")}>{t("form.csv")}</Button>
      </div>
      {log.isError && !log.data
        ? <Failed error={log.error} onRetry={() => void log.refetch()} />
        : <DataTable<AuditEntry> label={t("nav.audit")} keyOf={(entry) => entry.number} rows={rows} empty={<Nothing>{t("audit.empty")}</Nothing>}
            details={(entry) => <EntryDetails entry={entry} />}
            columns={[
              { key: "number", title: t("audit.number"), cell: (entry) => entry.number, isNumber: true, width: 80 },
              { key: "at", title: t("audit.at"), cell: (entry) => <When at={entry.at} />, width: 170 },
              { key: "actor", title: t("audit.actor"), cell: (entry) => <>{actorText(entry, t)} {(entry.actor_kind === "machine" || entry.actor_kind === "box") && <span className="quiet small">{t(`audit.actorKind.${entry.actor_kind}`)}</span>}</> },
              { key: "action", title: t("audit.action"), cell: (entry) => <span title={entry.action}>{actionText(entry.action, t)}</span> },
              { key: "subject", title: t("audit.subject"), cell: (entry) => <>{subjectText(entry.subject_kind, t)} <span className="figures small quiet">{entry.subject_id}</span></> },
            ]} />}
      {log.hasNextPage && <Button loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>{t("form.more")}</Button>}
    </>
  );
}

function EntryDetails({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation("admin");
  return (
    <dl className="entry-details">
      {Object.entries(entry.details).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
        </div>
      ))}
      <div><dt>{t("audit.previous")}</dt><dd><code>{entry.previous_sha256}</code></dd></div>
      <div><dt>{t("audit.hash")}</dt><dd><code>{entry.sha256}</code></dd></div>
    </dl>
  );
}
