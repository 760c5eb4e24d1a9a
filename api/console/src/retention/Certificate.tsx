// What was deleted, when and by which rule, and whether the certificate still says what it said.

import { DownloadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Descriptions, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Failed } from "../app/states";
import { bytesText } from "../cameras/units";
import { DataTable } from "../parts/DataTable";
import { saveFile } from "../parts/download";
import { When } from "../parts/When";
import { retention } from "../words/zh/retention";
import { canonicalJson, digestOf } from "./canonical";
import { factsOf, type DeletedFile } from "./certificate";
import { reviewers } from "./rights";
import "./retention.css";

type Detail = components["schemas"]["DeletionDetail"];

const SHORT = 16; // characters of a digest that people compare
const reasons = Object.keys(retention.certificate.why) as (keyof typeof retention.certificate.why)[];

/** The centre compares certificate, digest and log; this browser computes the digest once more. */
async function fetched(deletionId: string): Promise<{ detail: Detail; here: boolean | null }> {
  const detail = await body(api.GET("/api/v1/deletions/{deletion_id}", { params: { path: { deletion_id: deletionId } } }));
  const digest = await digestOf(detail.certificate);
  return { detail, here: digest === null ? null : digest === detail.sha256 };
}

function Check({ holds, here }: { holds: boolean; here: boolean | null }) {
  const { t } = useTranslation("retention");
  if (!holds || here === false) return <Alert type="error" showIcon role="alert" title={t(holds ? "certificate.failsHere" : "certificate.fails")} />;
  const own = t(here === null ? "certificate.notHere" : "certificate.holdsHere");
  return <Alert type="success" showIcon role="status" title={`${t("certificate.holds")} · ${own}`} />;
}

export function Certificate({ deletionId }: { deletionId: string }) {
  const { t } = useTranslation("retention");
  const opensCandidates = useSession().has(...reviewers, "supervisor");
  const { data, error, refetch } = useQuery({ queryKey: ["deletion", deletionId], queryFn: () => fetched(deletionId) });
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active paragraph={{ rows: 6 }} />;
  const { detail, here } = data;
  const facts = factsOf(detail.certificate);
  const whyOf = (code: string) => {
    const known = reasons.find((one) => one === code);
    return known ? t(`certificate.why.${known}`) : code;
  };
  return (
    <div className="certificate" data-certificate={detail.number}>
      <Check holds={detail.holds} here={here} />
      <Descriptions size="small" column={2} items={[
        { key: "number", label: t("certificate.number"), children: <span className="figures">{detail.number}</span> },
        { key: "completed", label: t("certificate.completed"), children: detail.completed_at && <When at={detail.completed_at} /> },
        { key: "rule", label: t("certificate.rule"), children: t(`deletion.rule.${detail.rule}`) },
        { key: "period", label: t("certificate.period"), children: facts.periodDays !== null && facts.periodBeganAt
          ? <span className="figures">{t("certificate.periodOf", { days: facts.periodDays, from: facts.periodBeganAt.slice(0, 10) })}</span> : "–" },
        { key: "candidate", label: t("certificate.candidate"), children: opensCandidates
          ? <Link className="figures" to={`/review/${detail.candidate_id}`}>#{facts.candidate}</Link> : <span className="figures">#{facts.candidate}</span> },
        { key: "case", label: t("certificate.case"), children: detail.case_id ? <Link className="figures" to={`/cases/${detail.case_id}`}>{facts.case}</Link> : "–" },
        { key: "sha256", label: t("certificate.sha256"), span: 2, children: <code className="certificate-digest">{detail.sha256}</code> },
      ]} />
      <DataTable<DeletedFile> label={t("certificate.files")} keyOf={(file) => file.sha256} rows={facts.files} empty={t("certificate.noFiles")} columns={[
        { key: "name", title: t("certificate.filesGone", { count: facts.files.length }), cell: (file) => file.names.join(", ") },
        { key: "size", title: "", cell: (file) => bytesText(file.sizeBytes), isNumber: true },
        { key: "sha256", title: "SHA-256", cell: (file) => <code title={file.sha256}>{file.sha256.slice(0, SHORT)}</code> },
      ]} />
      {facts.kept.length > 0 && (
        <details>
          <summary>{t("certificate.keptFiles", { count: facts.kept.length })}</summary>
          <ul>{facts.kept.map((file) => <li key={file.sha256}><code>{file.sha256.slice(0, SHORT)}</code> {whyOf(file.reason)}</li>)}</ul>
        </details>
      )}
      <footer>
        <span className="quiet figures">{t("certificate.entry", { number: detail.audit_number })}</span>
        {/* To the byte what was hashed: `sha256sum` of the file gives the certificate's digest. */}
        <Button icon={<DownloadOutlined />} onClick={() => saveFile(`deletion-${detail.number}.json`, new Blob([canonicalJson(detail.certificate)], { type: "application/json" }))}>
          {t("certificate.download")}
        </Button>
      </footer>
    </div>
  );
}
