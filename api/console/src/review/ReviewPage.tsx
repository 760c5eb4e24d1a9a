// The review desk: the queue, the evidence, the judgement; one item, one screen, one decision.

import { Button, Skeleton, type InputRef } from "antd";
import { lazy, Suspense, useRef, useState, type MouseEvent, type ReactNode, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { Failed, Notice } from "../app/states";
import { Gone } from "../retention/Gone";
import { Keeping } from "../retention/Keeping";
import type { ClipHandle } from "../viewer/Clip";
import "./review.css";
import { CandidateHead } from "./CandidateHead";
import { DecisionDesk } from "./DecisionDesk";
import { Evidence } from "./Evidence";
import { isFiltered, noFilters } from "./filters";
import { NeedMoreDialog, RecuseDialog } from "./OtherDialogs";
import { LEAST_BATCH } from "./batch";
import type { Entry } from "./outbox";
import { Pending, UndoStrip } from "./Pending";
import { QueueHead } from "./QueueHead";
import { QueueList } from "./QueueList";
import { RejectDialog } from "./RejectDialog";
import { Reopening } from "./Reopening";
import { Start } from "./Start";
import { missingEvidence } from "./types";
import { useReview, type Review } from "./useReview";
import { useReviewKeys, type Dialog } from "./useReviewKeys";
import { CameraSays, Earlier, Permits, RuleSays, WhyHere } from "./Why";

// Not needed to see the first item.
const OriginalDialog = lazy(() => import("./OriginalDialog"));
const UnwatchedNow = lazy(() => import("./UnwatchedNow"));
const BatchDialog = lazy(() => import("./BatchDialog"));

function Middle({ review, clip, aside }: { review: Review; clip: RefObject<ClipHandle | null>; aside: ReactNode }) {
  const { t } = useTranslation("review");
  const { id, detail, deletion, error, isLoading, queue } = review;
  if (detail) {
    return (
      <div className="candidate" data-candidate={detail.id}>
        <CandidateHead detail={detail} />
        {review.news === "update" && (
          <button type="button" className="newer" onClick={review.showNewer}>↻ {t("problem.stale_update")}</button>
        )}
        {review.news === "decided" && (
          <button type="button" className="newer" onClick={() => review.step(1)}>✓ {t("problem.decided_elsewhere")} <kbd>J</kbd></button>
        )}
        {deletion && <Gone deleted={deletion} />}
        {!deletion && <Evidence detail={detail} pictures={review.pictures} clip={review.clip} stage={review.stage} dispatch={review.dispatch}
          originals={review.originals} clipHandle={clip} onBroken={review.onBroken} aside={aside} />}
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
  if (isDone) return <Notice shape="✓" title={t("detail.allDone")} extra={<Suspense fallback={null}><UnwatchedNow /></Suspense>}>{t("detail.allDoneHelp")}</Notice>;
  return (
    <Start counts={queue.counts} onBegin={() => review.step(1)} onKind={(violation) => review.setFilters({ ...review.filters, violation })} />
  );
}

function Right({ review, setDialog }: { review: Review; setDialog: (dialog: Dialog) => void }) {
  const { t } = useTranslation("review");
  const { detail } = review;
  if (!detail && !review.isLoading) return null;
  if (!detail) return <aside className="judge" aria-label={t("check.title")}><Skeleton active paragraph={{ rows: 8 }} /></aside>;
  return (
    <aside className="judge" aria-label={t("check.title")}>
      <div className="judge-why" tabIndex={0} role="region" aria-label={t("explain.title")}>
        <WhyHere detail={detail} />
        <RuleSays key={detail.id} detail={detail} />
        <Permits detail={detail} />
        <CameraSays detail={detail} />
        <Earlier detail={detail} onOpen={review.open} />
        <Keeping key={`keeping-${detail.id}`} candidateId={detail.id} hold={detail.hold} stamp={detail.timestamp} deletions={detail.deletions} isGone={review.deletion !== null} />
      </div>
      {review.mayJudge && detail.state === "expired" && !review.deletion ? (
        <Reopening onReopen={review.reopen} />
      ) : review.mayJudge ? (
        <DecisionDesk detail={detail} ticks={review.ticks} onTick={review.tick} toConfirm={review.toConfirm} toJudge={review.toJudge}
          isAsked={review.isAsked} onConfirm={review.confirm} onReject={() => setDialog("reject")}
          onNeedMore={() => setDialog("need_more")} onRecuse={() => setDialog("recuse")} isBroken={review.broken.length > 0} onCheckAgain={() => void review.checkAgain()}
          batch={review.batchItems.length >= LEAST_BATCH ? review.batchItems.length : null} onBatch={() => setDialog("batch")} />
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
  // What is chosen from stays as it was while the dialog is open.
  const batchItems = useRef(review.batchItems);
  if (dialog !== "batch") batchItems.current = review.batchItems;
  const strip = {
    entries: review.entries, batch: review.batchDone, onUndo: (entry: Entry) => void review.undo(entry), onUndoBatch: () => void review.undoBatch(),
  };
  const fresh = queue.book.fresh.length;
  const suggested = missingEvidence.filter((one) => (detail?.template?.missing ?? []).includes(one));
  return (
    <div className="review" data-empty={!detail && !review.isLoading} onClick={leaveFocus}>
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
      <Middle review={review} clip={clip} aside={detail && !review.deletion && <UndoStrip {...strip} />} />
      <Right review={review} setDialog={setDialog} />
      <Pending entries={review.entries} onOpen={review.open} onDismiss={(entryId) => review.desk.outbox.dismiss(entryId)}>
        {!(detail && !review.deletion) && <UndoStrip {...strip} />}
      </Pending>
      {dialog === "batch" && (
        <Suspense fallback={null}>
          <BatchDialog items={batchItems.current} onClose={() => setDialog(null)} onReject={async (...said) => {
            await review.rejectBatch(...said);
            setDialog(null);
          }} />
        </Suspense>
      )}
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
