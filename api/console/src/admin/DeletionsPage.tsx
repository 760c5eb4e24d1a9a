// What retention deleted: each deletion with its certificate, checked when it is opened.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Failed, Nothing } from "../app/states";
import { DataTable } from "../parts/DataTable";
import { When } from "../parts/When";
import { reviewers } from "../retention/rights";
import { Certificate } from "../retention/Certificate";

type Deletion = components["schemas"]["DeletionItem"];

const SHORT = 12; // characters of a digest that people compare

export function DeletionsPage() {
  const { t } = useTranslation(["retention", "admin"]);
  const opensCandidates = useSession().has(...reviewers, "supervisor");
  const deletions = useInfiniteQuery({
    queryKey: ["deletions"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/deletions", { params: { query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  if (deletions.isError && !deletions.data) return <Failed error={deletions.error} onRetry={() => void deletions.refetch()} />;
  return (
    <>
      <DataTable<Deletion> label={t("certificate.title")} keyOf={(deletion) => deletion.id} rows={deletions.data?.pages.flatMap((page) => page.items)}
        empty={<Nothing>{t("certificate.empty")}</Nothing>} details={(deletion) => <Certificate deletionId={deletion.id} />}
        columns={[
          { key: "number", title: t("certificate.number"), cell: (deletion) => deletion.number, isNumber: true, width: 90 },
          { key: "completed", title: t("certificate.completed"), cell: (deletion) => deletion.completed_at && <When at={deletion.completed_at} />, width: 180 },
          { key: "rule", title: t("certificate.rule"), cell: (deletion) => t(`deletion.rule.${deletion.rule}`) },
          { key: "files", title: t("certificate.files"), cell: (deletion) => deletion.files, isNumber: true, width: 80 },
          { key: "of", title: t("certificate.of"), cell: (deletion) => deletion.case_id
            ? <Link to={`/cases/${deletion.case_id}`}>{t("certificate.case")}</Link>
            : opensCandidates ? <Link to={`/review/${deletion.candidate_id}`}>{t("certificate.candidate")}</Link> : t("certificate.candidate") },
          { key: "sha256", title: t("certificate.sha256"), cell: (deletion) => <code title={deletion.sha256}>{deletion.sha256.slice(0, SHORT)}</code> },
          { key: "entry", title: t("certificate.log"), cell: (deletion) => deletion.audit_number, isNumber: true },
        ]} />
      {deletions.hasNextPage && <Button loading={deletions.isFetchingNextPage} onClick={() => void deletions.fetchNextPage()}>{t("admin:form.more")}</Button>}
    </>
  );
}
