// Who opened which original, for what purpose and reason.

import { DownloadOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, DatePicker, Select, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { Failed, Nothing } from "../app/states";
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
          <DatePicker.RangePicker showTime allowEmpty={[true, true]}
            onChange={(range: [Dayjs | null, Dayjs | null] | null) => set({ since: range?.[0]?.toISOString(), until: range?.[1]?.toISOString() })} />
        </span>
        <Button icon={<DownloadOutlined />} href={`/api/v1/access-register/export?${new URLSearchParams({ ...wanted })}`} title={t("audit.exported")}>{t("form.csv")}</Button>
      </div>
      {accesses.isError && !accesses.data
        ? <Failed error={accesses.error} onRetry={() => void accesses.refetch()} />
        : <Table<Access> rowKey="id" size="small" loading={accesses.isPending} dataSource={accesses.data?.pages.flatMap((page) => page.items) ?? []} pagination={false}
            locale={{ emptyText: <Nothing>{t("accesses.empty")}</Nothing> }}
            columns={[
              { title: t("accesses.at"), render: (_, one) => <When at={one.at} />, width: 170 },
              { title: t("accesses.user"), dataIndex: "user_name" },
              { title: t("accesses.purpose"), render: (_, one) => t(`accesses.purposes.${one.purpose}`) },
              { title: t("accesses.reason"), dataIndex: "reason" },
              { title: t("accesses.item"), dataIndex: "item_name", className: "figures" },
              { title: t("accesses.candidate"), dataIndex: "candidate_id", className: "figures small" },
              { title: t("accesses.number"), dataIndex: "audit_number", className: "figures", align: "right" },
            ]} />}
      {accesses.hasNextPage && <Button loading={accesses.isFetchingNextPage} onClick={() => void accesses.fetchNextPage()}>{t("form.more")}</Button>}
    </>
  );
}
