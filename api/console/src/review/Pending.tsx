// Decisions on their way, and the one that can still be taken back: a strip that never covers work.

import { Alert, Button } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ViolationIcon, type ViolationCode } from "../parts/Violation";
import { review } from "../words/zh/review";
import dayjs from "dayjs";
import type { Entry } from "./outbox";
import type { BatchDone } from "./useBatch";

interface PendingProps {
  entries: readonly Entry[];
  onOpen: (id: string) => void;
  onDismiss: (id: string) => void;
  children?: ReactNode;
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
      title={<><span className="figures">#{entry.number}</span> {t(`pending.plain.${entry.verb}`)}{t("pending.refused")}</>}
      description={<>{why(entry.problem)}{kept ? <div>{t("pending.kept")} “{kept}”</div> : null}</>}
      action={
        <span className="pending-actions">
          <Button size="small" onClick={() => onOpen(entry.candidateId)}>{t("pending.openAgain")}</Button>
          <Button size="small" type="text" onClick={() => onDismiss(entry.id)}>{t("pending.dismiss")}</Button>
        </span>
      } />
  );
}

interface UndoStripProps {
  entries: readonly Entry[];
  batch: BatchDone | null;
  onUndo: (entry: Entry) => void;
  onUndoBatch: () => void;
}

/** The decision made last: on its way, or to be taken back while there is time. */
export function UndoStrip({ entries, batch, onUndo, onUndoBatch }: UndoStripProps) {
  const { t } = useTranslation("review");
  const last = entries.findLast((one) => one.state !== "refused");
  const now = useNow(last !== undefined || batch !== null);
  const secondsTo = (until: number | null | undefined) => (until ? Math.ceil((until - now) / 1000) : 0);
  const left = secondsTo(last?.undoUntil);
  const batchLeft = secondsTo(batch?.undoUntil);
  if (batch && batchLeft > 0 && batch.undoUntil >= (last?.undoUntil ?? 0)) {
    return (
      <span className="pending-strip" data-state="sent">
        <span className="pending-state" aria-hidden="true">✓</span>
        <strong>{t("batch.done", { count: batch.items.length })}</strong>
        <Button size="small" onClick={onUndoBatch}>{t("pending.undoIn", { seconds: batchLeft })} <kbd>U</kbd></Button>
      </span>
    );
  }
  if (!last || (last.state === "sent" && left <= 0)) return null;
  const canUndo = last.verb !== "recuse" && (last.state === "waiting" || left > 0);
  return (
    <span className="pending-strip" data-state={last.state}>
      <span className="pending-state" aria-hidden="true">{last.state === "sent" ? "✓" : "◌"}</span>
      <ViolationIcon violation={last.violation as ViolationCode} />
      <span className="figures">#{last.number}</span>
      <strong>{t(last.state === "sent" ? `pending.${last.verb}` : `pending.plain.${last.verb}`)}</strong>
      <span className="quiet">{t(`pending.${last.state}`)}</span>
      {canUndo && (
        <Button size="small" onClick={() => onUndo(last)}>
          {left > 0 ? t("pending.undoIn", { seconds: left }) : t("pending.undo")} <kbd>U</kbd>
        </Button>
      )}
    </span>
  );
}

/** What was not taken, and what waits for the line; over the pictures, where it cannot be missed. */
export function Pending({ entries, onOpen, onDismiss, children }: PendingProps) {
  const { t } = useTranslation("review");
  const waiting = entries.filter((one) => one.state === "waiting" && one.tries > 0);
  const refused = entries.filter((one) => one.state === "refused");
  return (
    <div className="pending" aria-live="polite">
      {refused.slice(-2).map((entry) => <Refused key={entry.id} entry={entry} onOpen={onOpen} onDismiss={onDismiss} />)}
      {children}
      {waiting.length > 0 && (
        <div className="pending-strip pending-waiting" role="status">▲ {t("pending.count", { count: waiting.length })}</div>
      )}
    </div>
  );
}
