// The right column's lower part, always in sight: automatic checks, the checklist, the decision.

import { Button } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { fixed } from "../parts/figures";
import { review } from "../words/zh/review";
import type { Obstacle, Ticks } from "./obstacles";
import { roleWord } from "./roles";
import { checks, type CandidateDetail, type Check } from "./types";

interface DecisionDeskProps {
  detail: CandidateDetail;
  ticks: Ticks;
  onTick: (check: Check) => void;
  toConfirm: readonly Obstacle[]; // what keeps from confirming
  toJudge: readonly Obstacle[]; // what keeps from judging at all
  isAsked: boolean; // somebody tried to confirm: say loudly what is missing
  onConfirm: () => void;
  onReject: () => void;
  onNeedMore: () => void;
  onRecuse: () => void;
  isBroken: boolean; // a file is missing here, or not as signed
  onCheckAgain: () => void;
  batch: number | null; // how many could be rejected together with this one
  onBatch: () => void;
}

const problemCodes = Object.keys(review.problem) as (keyof typeof review.problem)[];

/** An obstacle in words. */
export function useObstacleWords(): (obstacle: Obstacle) => string {
  const { t } = useTranslation("review");
  return ({ code, names = [], name = "", until, problem = "" }) => {
    switch (code) {
      case "check":
        return t("decide.why.check", { checks: names.map((one) => t(`check.${one as Check}`)).join(t("list")) });
      case "picture":
        return t("decide.why.picture", { names: names.map((one) => roleWord(t, one)).join(t("list")) });
      case "claimed":
        return t("decide.why.claimed", { name, until: until ? dayjs(until).format("HH:mm:ss") : "–" });
      case "claim_failed": {
        const known = problemCodes.find((one) => one === problem);
        return t("decide.why.claim_failed", { reason: known ? t(`problem.${known}`, { name, until: "" }) : problem });
      }
      default:
        return t(`decide.why.${code}`, { problem });
    }
  };
}

function Prechecks({ detail, isBroken, onCheckAgain }: Pick<DecisionDeskProps, "detail" | "isBroken" | "onCheckAgain">) {
  const { t } = useTranslation("review");
  const { t: tr } = useTranslation("retention");
  const listOf = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  const words = detail.prechecks.map(({ code, holds, values }) => {
    if (code === "template") {
      const [present, missing] = [listOf(values["present"]), listOf(values["missing"])];
      const said = { present: present.length, all: present.length + missing.length, missing: missing.map((role) => roleWord(t, role)).join(t("list")) };
      return { code, holds, word: t(missing.length > 0 ? "check.pre.templateMissing" : "check.pre.template", said) };
    }
    if (code === "clock") {
      const offset = values["offset_seconds"];
      const seconds = typeof offset === "number" ? fixed(offset, 1) : "";
      return { code, holds, word: seconds === "" ? t("check.pre.clockUnknown") : t("check.pre.clock", { seconds }) };
    }
    // What this browser found itself is newer than what the centre found when the evidence came.
    if (isBroken) return { code, holds: false, word: t("check.pre.integrityHere") };
    const problem = values["problem"];
    const said = { holding: String(values["holding"]), items: String(values["items"]), problem: String(problem) };
    return { code, holds, word: t(typeof problem === "string" ? "check.pre.integrityBad" : "check.pre.integrity", said) };
  });
  return (
    <div className="prechecks" title={t("check.automatic")}>
      {words.map(({ code, holds, word }) => (
        <span key={code} className="precheck" data-holds={holds === null ? "unknown" : holds}>
          {holds === null ? "?" : holds ? "✓" : "▲"} {word}
        </span>
      ))}
      {detail.timestamp && (
        <span className="precheck" data-holds={detail.timestamp.stamped_at === null ? "unknown" : true} title={tr("stamp.help")}>
          {detail.timestamp.stamped_at === null ? `○ ${tr("stamp.shortWaits")}` : `✓ ${tr("stamp.short")}`}
        </span>
      )}
      <Button type="link" size="small" onClick={onCheckAgain}>{t("check.again")}</Button>
    </div>
  );
}

export function DecisionDesk(props: DecisionDeskProps) {
  const { detail, ticks, onTick, toConfirm, toJudge, isAsked, onConfirm, onReject, onNeedMore, onRecuse, isBroken, onCheckAgain, batch, onBatch } = props;
  const { t } = useTranslation("review");
  const say = useObstacleWords();
  const mayJudge = toJudge.length === 0;
  const words = toConfirm.map(say);
  return (
    <section className="desk" aria-label={t("check.title")}>
      <Prechecks detail={detail} isBroken={isBroken} onCheckAgain={onCheckAgain} />
      <div className="checklist" role="group" aria-label={t("check.title")}>
        {checks.map((check, index) => (
          <button key={check} type="button" role="checkbox" className="check" aria-checked={ticks[check]} disabled={!mayJudge}
            data-asked={isAsked && mayJudge && !ticks[check]} onClick={() => onTick(check)} title={t(`check.${check}Help`)}>
            <kbd>{index + 1}</kbd> {t(`check.${check}`)} <span className="check-mark" aria-hidden="true">{ticks[check] ? "✓" : ""}</span>
          </button>
        ))}
      </div>
      <p className="desk-why" role="status" data-asked={isAsked && words.length > 0}>
        {words.length > 0 ? t("decide.disabled", { why: words.join(t("and")) }) : ""}
      </p>
      <div className="desk-buttons">
        <Button type="primary" aria-disabled={words.length > 0} className={words.length > 0 ? "not-yet" : ""} onClick={onConfirm}>
          {t("decide.confirm")} <kbd>Enter</kbd>
        </Button>
        <Button disabled={!mayJudge} onClick={onReject}>{t("decide.reject")} <kbd>X</kbd></Button>
        <Button disabled={!mayJudge} onClick={onNeedMore}>{t("decide.needMore")} <kbd>M</kbd></Button>
        <Button type="text" disabled={!mayJudge} onClick={onRecuse}>{t("decide.recuse")} <kbd>R</kbd></Button>
        {batch !== null && (
          <Button className="desk-batch" disabled={!mayJudge} onClick={onBatch} title={t("batch.said")}>{t("batch.button", { count: batch })} <kbd>Y</kbd></Button>
        )}
      </div>
    </section>
  );
}
