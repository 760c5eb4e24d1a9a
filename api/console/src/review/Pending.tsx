// Decisions on their way, and the one that can still be taken back: a strip that never covers work.

import { Alert, Button } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ViolationIcon, type ViolationCode } from "../parts/Violation";
import { review } from "../words/zh/review";
import dayjs from "dayjs";
import type { Entry } from "./outbox";

interface PendingProps {
  entries: readonly Entry[];
  onUndo: (entry: Entry) => void;
  onOpen: (id: string) => void;
  onDismiss: (id: string) => void;
}

const TICK_MS = 250;
const problemCodes = Object.keys(review.problem) as (keyof typeof review.problem)[];

/** Why a decision was not taken, in words. */
export function useRefusalWords(): (problem: Entry["problem"]) => string {
  const { t } = useTranslation("review");
  return (problem) => {
    if (!problem) return "";
    const fields = (problem["fields"] ?? {}) as Record<string, unknown>;
    const until = typeof fields["claimed_until"] === "string" ? dayjs(fields["claimed_until"]).format("HH:mm:ss") : "–";
    const known = problemCodes.find((one) => one === problem.code);
    return known ? t(`problem.${known}`, { name: String(fields["claimed_by"] ?? ""), until }) : problem.detail;
  };
}

function useNow(isWanted: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isWanted) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isWanted]);
  return now;
}

function Refused({ entry, onOpen, onDismiss }: { entry: Entry } & Pick<PendingProps, "onOpen" | "onDismiss">) {
  const { t } = useTranslation(["review", "common"]);
  const why = useRefusalWords();
  const kept = entry.note || entry.body?.note;
  return (
    <Alert type="warning" showIcon className="pending-refused" role="alert"
      title={<><span className="figures">#{entry.number}</span> {t(`pending.${entry.verb}`)}：{t("pending.refused")}</>}
      description={<>{why(entry.problem)}{kept ? <div>{t("pending.kept")} “{kept}”</div> : null}</>}
      action={
        <span className="pending-actions">
          <Button size="small" onClick={() => onOpen(entry.candidateId)}>{t("pending.openAgain")}</Button>
          <Button size="small" type="text" onClick={() => onDismiss(entry.id)}>{t("pending.dismiss")}</Button>
        </span>
      } />
  );
}

export function Pending({ entries, onUndo, onOpen, onDismiss }: PendingProps) {
  const { t } = useTranslation("review");
  const last = entries.findLast((one) => one.state !== "refused");
  const now = useNow(last !== undefined);
  const waiting = entries.filter((one) => one.state === "waiting" && one.tries > 0);
  const refused = entries.filter((one) => one.state === "refused");
  const left = last?.undoUntil ? Math.ceil((last.undoUntil - now) / 1000) : null;
  const canUndo = last !== undefined && last.verb !== "recuse" && (last.state === "waiting" || (left !== null && left > 0));
  const isShown = last !== undefined && (last.state !== "sent" || (left !== null && left > 0));
  return (
    <div className="pending" aria-live="polite">
      {refused.slice(-2).map((entry) => <Refused key={entry.id} entry={entry} onOpen={onOpen} onDismiss={onDismiss} />)}
      {isShown && (
        <div className="pending-strip" data-state={last.state}>
          <span className="pending-state" aria-hidden="true">{last.state === "sent" ? "✓" : "◌"}</span>
          <ViolationIcon violation={last.violation as ViolationCode} />
          <span className="figures">#{last.number}</span>
          <strong>{t(`pending.${last.verb}`)}</strong>
          <span className="quiet">{t(`pending.${last.state}`)}</span>
          {canUndo && (
            <Button size="small" onClick={() => onUndo(last)}>
              {left !== null && left > 0 ? t("pending.undoIn", { seconds: left }) : t("pending.undo")} <kbd>U</kbd>
            </Button>
          )}
        </div>
      )}
      {waiting.length > 0 && (
        <div className="pending-strip pending-waiting" role="status">▲ {t("pending.count", { count: waiting.length })}</div>
      )}
    </div>
  );
}
