// The right column's upper part: why the item is here, what the rule says, what the place allows.

import { Button, Tag } from "antd";
import dayjs from "dayjs";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { fixed } from "../parts/figures";
import { When } from "../parts/When";
import { State } from "../parts/State";
import { review } from "../words/zh/review";
import { Section } from "./Section";
import type { CandidateDetail } from "./types";

const FIRST_REASONS = 5; // what fits beside everything else on a small screen
const PRIOR = "prior"; // the rule's starting point; goes without saying

const whyCodes = Object.keys(review.why) as (keyof typeof review.why)[];
const useCodes = Object.keys(review.camera.reasons) as (keyof typeof review.camera.reasons)[];
// What the list of gates says already.
const GATE_REASONS = new Set(["legal_review_missing", "technical_review_missing", "maintenance_overdue", "sign_missing", "not_published"]);
const gateCodes = Object.keys(review.camera.gates) as (keyof typeof review.camera.gates)[];

export const WhyHere = memo(function WhyHere({ detail }: { detail: CandidateDetail }) {
  const { t } = useTranslation("review");
  const wordOf = (code: string) => {
    const known = whyCodes.find((one) => one === code);
    return known && known !== "unknown" && known !== "due" ? t(`why.${known}`) : t("why.unknown", { code });
  };
  const reasons = detail.priority_reasons.length > 0 ? detail.priority_reasons : ["normal"];
  const priority = Math.min(Math.max(detail.priority, 0), 3) as 0 | 1 | 2 | 3;
  return (
    <Section title={t("why.title")} aside={<Tag className="why-priority">{t(`queue.priority.${priority}`)}</Tag>}>
      <ul className="why-list">
        {reasons.map((code) => <li key={code}>{wordOf(code)}</li>)}
        {detail.stage !== null && <li className="quiet">{t("why.due", { at: dayjs(detail.due_at).format("HH:mm") })}</li>}
      </ul>
    </Section>
  );
});

export const RuleSays = memo(function RuleSays({ detail }: { detail: CandidateDetail }) {
  const { t, i18n } = useTranslation("review");
  const [all, setAll] = useState(false);
  const { reasons, score, threshold } = detail.explanation;
  const spoken = (reasons ?? []).filter((reason) => reason.code !== PRIOR).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const shown = all ? spoken : spoken.slice(0, FIRST_REASONS);
  const most = Math.abs(spoken[0]?.weight ?? 1);
  return (
    <Section title={t("explain.title")}
      aside={<span className="figures quiet">{t("explain.score", { score: fixed(score, 2), threshold: fixed(threshold, 2) })}</span>}>
      {spoken.length === 0 && <p className="quiet">{t("explain.none")}</p>}
      <ul className="reasons">
        {shown.map((reason) => (
          <li key={reason.code} data-supports={reason.supports}>
            <span className="reason-sign" role="img" title={t(reason.supports ? "explain.supports" : "explain.against")}
              aria-label={t(reason.supports ? "explain.supports" : "explain.against")}>
              {reason.supports ? "＋" : "－"}
            </span>
            <span className="reason-text">{i18n.language === "en" ? reason.text : reason.text_zh}</span>
            <span className="reason-weight" aria-hidden="true"><i style={{ width: `${(Math.abs(reason.weight) / most) * 100}%` }} /></span>
          </li>
        ))}
      </ul>
      {spoken.length > FIRST_REASONS && (
        <Button type="link" size="small" className="why-more" onClick={() => setAll(!all)}>
          {all ? t("explain.fewer") : `${t("explain.all")} (${spoken.length})`}
        </Button>
      )}
    </Section>
  );
});

export const Permits = memo(function Permits({ detail }: { detail: CandidateDetail }) {
  const { t } = useTranslation(["review", "common"]);
  if (detail.violation !== "STREET_VENDING") return null;
  return (
    <Section title={t("permit.title")}>
      {detail.permits.length === 0 ? (
        <p className="quiet">{t("permit.none")}</p>
      ) : (
        <ul className="why-list">
          {detail.permits.map((permit) => (
            <li key={permit.zone_id}>
              {t("common:named", {
                name: permit.name || permit.zone_id,
                value: t(permit.open_at_start === permit.open_at_last_seen ? (permit.open_at_start ? "permit.open" : "permit.closed") : "permit.partly"),
              })}
              {permit.document && <span className="quiet"> · {t("permit.document", { document: permit.document })}</span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
});

export const CameraSays = memo(function CameraSays({ detail }: { detail: CandidateDetail }) {
  const { t } = useTranslation(["review", "common"]);
  const isPenalty = detail.evidence_use === "penalty_evidence";
  const wordOf = (code: string) => {
    const known = useCodes.find((one) => one === code);
    return known ? t(`camera.reasons.${known}`) : code;
  };
  const gates = detail.gates.flatMap((gate) => {
    const known = gateCodes.find((one) => one === gate.gate);
    return known ? [{ ...gate, word: t(`camera.gates.${known}`) }] : [];
  });
  const others = detail.evidence_use_reasons.filter((code) => !GATE_REASONS.has(code));
  const met = gates.filter((gate) => gate.met).length;
  return (
    <Section title={t("camera.title")}
      aside={
        <Tag className="use-tag" data-use={detail.evidence_use} title={t(isPenalty ? "camera.penaltyHelp" : "camera.leadHelp")}>
          {isPenalty ? "■" : "□"} {t(`common:evidenceUse.${detail.evidence_use}`)}
        </Tag>
      }>
      {others.length > 0 && <p>{others.map(wordOf).join(t("list"))}</p>}
      <div className="gates" aria-label={t("camera.gatesMet", { met, all: gates.length })}>
        {gates.map((gate) => (
          <span key={gate.gate} className="gate" data-met={gate.met}
            title={[t(gate.met ? "camera.met" : "camera.notMet"), t("camera.asOf"), gate.document].filter(Boolean).join(" · ")}>
            {gate.met ? "✓" : "—"} {gate.word}
          </span>
        ))}
      </div>
    </Section>
  );
});

export function Earlier({ detail, onOpen }: { detail: CandidateDetail; onOpen: (id: string) => void }) {
  const { t } = useTranslation("review");
  const { earlier, earlier_count: count } = detail;
  return (
    <Section title={t("earlier.title")} aside={count > 0 && <span className="figures">{t("earlier.nth", { count: count + 1 })}</span>}>
      {count === 0 && <p className="quiet">{t("earlier.none")}</p>}
      <ul className="earlier">
        {earlier.slice(0, 3).map((one) => (
          <li key={one.id}>
            <button type="button" className="link" onClick={() => onOpen(one.id)}>
              <When at={one.started_at} seconds={false} /> <span className="figures quiet">#{one.number}</span>
            </button>
            <State state={one.state} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
