// Who opened which original, for what purpose and reason.

import { DownloadOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { Failed, Nothing } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { SpanField } from "../parts/Dates";
import { When } from "../parts/When";
import { usePeople, type Access } from "./queries";

type Purpose = components["schemas"]["Purpose"];

const purposes: readonly Purpose[] = ["review", "second_review", "legal_review", "recheck", "complaint", "court", "audit", "training_approved"];

interface Wanted {
  user_id?: string;
  purpose?: Purpose;
  since?: string;
  until?: string;
}

export function AccessesPage() {
  const { t } = useTranslation("admin");
  const people = usePeople();
  const [wanted, setWanted] = useState<Wanted>({});
  const accesses = useInfiniteQuery({
    queryKey: ["accesses", wanted],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/access-register", { params: { query: { limit: 100, ...wanted, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const set = (change: { [K in keyof Wanted]: Wanted[K] | undefined }) =>
    setWanted((old) => Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value)) as Wanted);
  return (
    <>
      <div className="page-tools">
        <span className="tool-row">
          <Select allowClear showSearch={{ optionFilterProp: "label" }} placeholder={t("accesses.user")} aria-label={t("accesses.user")} style={{ width: 180 }}
            onChange={(user_id?: string) => set({ user_id })}
            options={(people.data?.items ?? []).map((person) => ({ value: person.id, label: `${person.name} (${person.login})` }))} />
          <Select allowClear placeholder={t("accesses.purpose")} aria-label={t("accesses.purpose")} style={{ width: 150 }}
            onChange={(purpose?: Purpose) => set({ purpose })} options={purposes.map((value) => ({ value, label: t(`accesses.purposes.${value}`) }))} />
          <SpanField showTime aria-label={t("audit.range")} words={[t("audit.since"), t("audit.until")]}
            value={[wanted.since ? dayjs(wanted.since) : null, wanted.until ? dayjs(wanted.until) : null]}
            onChange={(range) => set({ since: range?.[0]?.toISOString(), until: range?.[1]?.toISOString() })} />
        </span>
        <Button icon={<DownloadOutlined />} href={`/api/v1/access-register/export?${new URLSearchParams({ ...wanted })}`} title={t("audit.exported")}>{t("form.csv")}</Button>
      </div>
      {accesses.isError && !accesses.data
        ? <Failed error={accesses.error} onRetry={() => void accesses.refetch()} />
        : <DataTable<Access> label={t("nav.accesses")} keyOf={(one) => one.id} rows={accesses.data?.pages.flatMap((page) => page.items)}
            empty={<Nothing>{t("accesses.empty")}</Nothing>}
            columns={[
              { key: "at", title: t("accesses.at"), cell: (one) => <When at={one.at} />, width: 170 },
              { key: "user_name", title: t("accesses.user"), cell: (one) => one.user_name },
              { key: "purpose", title: t("accesses.purpose"), cell: (one) => t(`accesses.purposes.${one.purpose}`) },
              { key: "reason", title: t("accesses.reason"), cell: (one) => one.reason },
              { key: "item_name", title: t("accesses.item"), cell: (one) => one.item_name, className: "figures" },
              { key: "candidate_id", title: t("accesses.candidate"), cell: (one) => one.candidate_id, className: "figures small" },
              { key: "audit_number", title: t("accesses.number"), cell: (one) => one.audit_number, isNumber: true },
            ]} />}
      {accesses.hasNextPage && <Button loading={accesses.isFetchingNextPage} onClick={() => void accesses.fetchNextPage()}>{t("form.more")}</Button>}
    </>
  );
}
