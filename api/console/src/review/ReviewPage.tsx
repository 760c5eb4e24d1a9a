// The review desk: the queue, the evidence, the judgement; one item, one screen, one decision.

import { Button, Skeleton, type InputRef } from "antd";
import { lazy, Suspense, useRef, useState, type MouseEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { Failed, Notice } from "../app/states";
import type { ClipHandle } from "../viewer/Clip";
import "./review.css";
import { CandidateHead } from "./CandidateHead";
import { DecisionDesk } from "./DecisionDesk";
import { Evidence } from "./Evidence";
import { isFiltered, noFilters } from "./filters";
import { NeedMoreDialog, RecuseDialog } from "./OtherDialogs";
import { Pending } from "./Pending";
import { QueueHead } from "./QueueHead";
import { QueueList } from "./QueueList";
import { RejectDialog } from "./RejectDialog";
import { missingEvidence } from "./types";
import { useReview, type Review } from "./useReview";
import { useReviewKeys, type Dialog } from "./useReviewKeys";
import { CameraSays, Earlier, Permits, RuleSays, WhyHere } from "./Why";

// Not needed to see the first item.
const OriginalDialog = lazy(() => import("./OriginalDialog"));

function Middle({ review, clip }: { review: Review; clip: RefObject<ClipHandle | null> }) {
  const { t } = useTranslation("review");
  const { id, detail, error, isLoading, queue } = review;
  if (detail) {
    return (
      <div className="candidate" data-candidate={detail.id}>
        <CandidateHead detail={detail} />
        {review.hasNewer && (
          <button type="button" className="newer" onClick={review.showNewer}>↻ {t("problem.stale_update")}</button>
        )}
        <Evidence detail={detail} pictures={review.pictures} clip={review.clip} stage={review.stage} dispatch={review.dispatch}
          originals={review.originals} clipHandle={clip} onBroken={review.onBroken} />
      </div>
    );
  }
  if (isLoading) {
    return (
      <div className="candidate candidate-loading" aria-busy="true">
        <Skeleton active paragraph={{ rows: 1 }} />
        <div className="loading-pictures"><Skeleton.Node active /><Skeleton.Node active /></div>
      </div>
    );
  }
  if (error instanceof Problem && error.status === 404) return <Notice shape="○" title={t("detail.notFound")} />;
  if (error) return <Failed error={error} onRetry={() => review.showNewer()} />;
  const isDone = id === null && queue.status === "ready" && queue.book.items.length === 0 && !isFiltered(review.filters);
  return (
    <Notice shape={isDone ? "✓" : "○"} title={t(isDone ? "detail.allDone" : "detail.nothingTitle")}>
      {t(isDone ? "detail.allDoneHelp" : "detail.nothingHelp")}
    </Notice>
  );
}

function Right({ review, setDialog }: { review: Review; setDialog: (dialog: Dialog) => void }) {
  const { t } = useTranslation("review");
  const { detail } = review;
  if (!detail) return <aside className="judge" aria-label={t("check.title")}>{review.isLoading && <Skeleton active paragraph={{ rows: 8 }} />}</aside>;
  return (
    <aside className="judge" aria-label={t("check.title")}>
      <div className="judge-why" tabIndex={0} role="region" aria-label={t("explain.title")}>
        <WhyHere detail={detail} />
        <RuleSays key={detail.id} detail={detail} />
        <Permits detail={detail} />
        <CameraSays detail={detail} />
        <Earlier detail={detail} onOpen={review.open} />
      </div>
      {review.mayJudge ? (
        <DecisionDesk detail={detail} ticks={review.ticks} onTick={review.tick} toConfirm={review.toConfirm} toJudge={review.toJudge}
          isAsked={review.isAsked} onConfirm={review.confirm} onReject={() => setDialog("reject")}
          onNeedMore={() => setDialog("need_more")} onRecuse={() => setDialog("recuse")} onCheckAgain={() => void review.checkAgain()} />
      ) : (
        <p className="desk quiet">{t("decide.readOnly")}</p>
      )}
    </aside>
  );
}

/** A clicked button keeps no focus, so that Enter and Space stay the desk's keys. */
function leaveFocus(event: MouseEvent): void {
  const { activeElement } = document;
  if (event.detail > 0 && activeElement instanceof HTMLElement && activeElement.matches("button, input[type=radio]")) {
    activeElement.blur();
  }
}

export default function ReviewPage() {
  const { t } = useTranslation("review");
  const review = useReview();
  const { queue, detail } = review;
  const [dialog, setDialog] = useState<Dialog>(null);
  const clip = useRef<ClipHandle | null>(null);
  const search = useRef<InputRef | null>(null);
  useReviewKeys(review, { clip, setDialog, focusSearch: () => search.current?.focus() });
  const fresh = queue.book.fresh.length;
  const suggested = missingEvidence.filter((one) => (detail?.template?.missing ?? []).includes(one));
  return (
    <div className="review" onClick={leaveFocus}>
      <nav className="queue" aria-label={t("queue.label")}>
        <QueueHead filters={review.filters} counts={queue.counts} isLive={queue.isLive} search={search}
          onFilters={review.setFilters} onNumber={(number) => void review.openNumber(number)} />
        <QueueList queue={queue} selected={review.id} filtered={isFiltered(review.filters)} onOpen={review.open}
          onClear={() => review.setFilters(noFilters)} />
        <div className="queue-fresh" aria-live="polite">
          {fresh > 0 && (
            <Button block type="primary" ghost size="small" title={t("queue.freshHelp")} onClick={queue.join}>
              {t("queue.fresh", { count: fresh })} ↑ <kbd>A</kbd>
            </Button>
          )}
        </div>
      </nav>
      <Middle review={review} clip={clip} />
      <Right review={review} setDialog={setDialog} />
      <Pending entries={review.entries} onUndo={(entry) => void review.undo(entry)} onOpen={review.open}
        onDismiss={(entryId) => review.desk.outbox.dismiss(entryId)} />
      <RejectDialog open={dialog === "reject"} onClose={() => setDialog(null)} onReject={(reason, note) => {
        setDialog(null);
        review.reject(reason, note);
      }} />
      <NeedMoreDialog open={dialog === "need_more"} suggested={suggested} onClose={() => setDialog(null)} onSend={(missing, note) => {
        setDialog(null);
        review.needMore(missing, note);
      }} />
      <RecuseDialog open={dialog === "recuse"} onClose={() => setDialog(null)} onSend={(note) => {
        setDialog(null);
        review.recuse(note);
      }} />
      {review.originals.asking !== null && (
        <Suspense fallback={null}><OriginalDialog originals={review.originals} /></Suspense>
      )}
    </div>
  );
}
