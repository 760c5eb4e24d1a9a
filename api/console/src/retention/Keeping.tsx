// How long a record's evidence stays: holds, what was deleted; and who vouches for its time.

import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { When } from "../parts/When";
import { Section } from "../review/Section";
import { CertificateLink } from "./CertificateLink";
import { HoldMark } from "./HoldMark";
import { releasers, reviewers } from "./rights";

const HoldDialog = lazy(() => import("./HoldDialog"));

type Deletion = components["schemas"]["DeletionBrief"];
type Stamp = components["schemas"]["StampView"];

interface KeepingProps {
  candidateId: string;
  hold: boolean;
  stamp: Stamp | null; // null: none was wanted when it came
  deletions: readonly Deletion[];
  isGone: boolean; // nothing of the evidence is left to hold
}

function StampSays({ stamp }: { stamp: Stamp }) {
  const { t } = useTranslation("retention");
  if (stamp.stamped_at) {
    return (
      <li title={t("stamp.help")} data-stamp="stamped">
        ✓ {t("stamp.title")}{t("stamp.stamped", { authority: stamp.authority || t("stamp.someAuthority") })} <When at={stamp.stamped_at} />
      </li>
    );
  }
  const tries = stamp.tries > 0 ? `${t("stamp.tries", { count: stamp.tries })} ${stamp.problem}` : "";
  return <li title={t("stamp.help")} data-stamp="waiting">○ {t("stamp.title")}{t("stamp.waits")} <span className="quiet">{tries}</span></li>;
}

export function Keeping({ candidateId, hold, stamp, deletions, isGone }: KeepingProps) {
  const { t } = useTranslation("retention");
  const { has } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const mayChange = hold ? has(...releasers) : has(...reviewers) && !isGone;
  if (!hold && !stamp && deletions.length === 0 && !mayChange) return null;
  return (
    <Section title={t("title")} aside={mayChange && (
      <Button type="link" size="small" className="why-more" onClick={() => setIsAsking(true)}>{t(hold ? "hold.release" : "hold.place")}</Button>
    )}>
      <ul className="why-list">
        {hold ? <li><HoldMark /></li> : !isGone && <li className="quiet" title={t("hold.help")}>{t("hold.off")}</li>}
        {stamp && <StampSays stamp={stamp} />}
        {deletions.map((deletion) => (
          <li key={deletion.id}>
            {deletion.number === null || !deletion.completed_at ? t("deletion.underWay") : (
              <>
                <When at={deletion.completed_at} seconds={false} /> {t(`deletion.rule.${deletion.rule}`)}{" · "}
                <CertificateLink deletionId={deletion.id}>{t("deletion.certificate", { number: deletion.number })}</CertificateLink>
              </>
            )}
          </li>
        ))}
      </ul>
      {isAsking && <Suspense fallback={null}><HoldDialog candidateId={candidateId} isOn={hold} onClose={() => setIsAsking(false)} /></Suspense>}
    </Section>
  );
}
