// What is on record about a case: judgements, norms, deliveries, reports, the chained log.

import { LinkOutlined } from "@ant-design/icons";
import { Tag, Tooltip } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../api/schema";
import { When } from "../parts/When";
import { cases } from "../words/zh/cases";

export type CaseDetail = components["schemas"]["CaseDetail"];

const actions = Object.keys(cases.action) as (keyof typeof cases.action)[];
const events = Object.keys(cases.event) as (keyof typeof cases.event)[];
const SHORT = 12; // characters of a digest that people compare

const eventOf = (type: string) => events.find((one) => type === `streetcase.case.${one}.v1` || type === `streetcase.${one}.v1`);

interface FoldProps {
  title: string;
  count: number;
  isOpen?: boolean;
  children: ReactNode;
}

/** One kind of record, folded or not; how many there are is seen either way. */
export function Fold({ title, count, isOpen = false, children }: FoldProps) {
  return (
    <details className="fold" open={isOpen}>
      <summary>{title} <span className="figures quiet">{count}</span></summary>
      {children}
    </details>
  );
}

export function Decisions({ detail }: { detail: CaseDetail }) {
  const { t } = useTranslation("cases");
  return (
    <ul className="facts">
      {detail.decisions.map((decision) => (
        <li key={decision.id}>
          <strong>{t(`stage.${decision.stage}`)} · {t(`verdict.${decision.verdict}`)}</strong> {decision.user_name}{" "}
          <When at={decision.decided_at} />
          {decision.note && <div className="quiet">{decision.note}</div>}
        </li>
      ))}
    </ul>
  );
}

export function Bases({ detail }: { detail: CaseDetail }) {
  const { t } = useTranslation("cases");
  if (detail.legal_bases.length === 0) return <p className="quiet">{t("detail.nothing")}</p>;
  return (
    <ul className="facts">
      {detail.legal_bases.map((basis) => (
        <li key={basis.id}>
          {basis.norm} {basis.article}
          {basis.awaiting_check && <Tag>{t("detail.awaitingCheck")}</Tag>}
        </li>
      ))}
    </ul>
  );
}

export function Deliveries({ detail }: { detail: CaseDetail }) {
  const { t } = useTranslation("cases");
  if (detail.deliveries.length === 0) return <p className="quiet">{t("detail.nothing")}</p>;
  const shapes = { waiting: "○", delivered: "●", dead: "▲" } as const;
  return (
    <ul className="facts">
      {detail.deliveries.map((delivery) => {
        const known = eventOf(delivery.event_type);
        return (
          <li key={delivery.id} data-delivery={delivery.state}>
            <span className="facts-line">
              <span>{delivery.subscriber_name} · {known ? t(`event.${known}`) : delivery.event_type}</span>
              <span className={delivery.state === "dead" ? "due-late" : ""}>{shapes[delivery.state]} {t(`delivery.${delivery.state}`)}</span>
            </span>
            <div className="quiet figures">
              {delivery.delivered_at && <When at={delivery.delivered_at} />}
              {delivery.tries > 0 && ` ${t("detail.tries", { count: delivery.tries })}`}
              {delivery.last_status !== null && ` HTTP ${delivery.last_status}`} {delivery.last_error}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

export function Reports({ detail }: { detail: CaseDetail }) {
  const { t } = useTranslation("cases");
  if (detail.callbacks.length === 0) return <p className="quiet">{t("detail.nothing")}</p>;
  return (
    <ul className="facts">
      {detail.callbacks.map((callback) => (
        <li key={callback.id}>
          <span className="facts-line"><span>{t(`reported.${callback.status}`)}</span><When at={callback.reported_at} /></span>
          {typeof callback.content["note"] === "string" && callback.content["note"] !== "" && <div className="quiet">{callback.content["note"]}</div>}
        </li>
      ))}
    </ul>
  );
}

/** Material that came after the evidence was frozen: it is kept, and told to the case systems. */
export function Supplements({ detail }: { detail: CaseDetail }) {
  const { t } = useTranslation("cases");
  if (detail.supplements.length === 0) return <p className="quiet">{t("supplement.none")}</p>;
  return (
    <ul className="facts">
      {detail.supplements.map((supplement) => (
        <li key={supplement.update}>
          <span className="facts-line">
            <span>{t("supplement.update", { number: supplement.update + 1 })} · {t("supplement.items", { count: supplement.items.length })}</span>
            <When at={supplement.received_at} />
          </span>
          <div className="quiet figures" title={supplement.manifest_sha256}>{t("detail.manifest")} {supplement.manifest_sha256.slice(0, SHORT)}</div>
        </li>
      ))}
    </ul>
  );
}

const PROGRAM = /^(settlement|retention|system|demo)$/; // what the centre does by itself is signed with a program's name

export function History({ detail }: { detail: CaseDetail }) {
  const { t } = useTranslation("cases");
  return (
    <ol className="case-history">
      {detail.history.map((entry) => {
        const known = actions.find((one) => one === entry.action.replace(".", "_"));
        return (
          <li key={entry.number}>
            <strong>{known ? t(`action.${known}`) : entry.action}</strong> {PROGRAM.test(entry.actor_name) ? t("detail.system") : entry.actor_name}
            <div className="quiet">
              <When at={entry.at} /> <span className="figures">#{entry.number}</span>{" "}
              <Tooltip title={t("detail.chain", { sha256: entry.sha256 })}>
                <span className="figures"><LinkOutlined /> {entry.sha256.slice(0, SHORT)}</span>
              </Tooltip>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
