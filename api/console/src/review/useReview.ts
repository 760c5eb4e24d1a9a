// What happens at the review desk: open, judge, send, undo, go on. The page only shows it.

import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { useSession } from "../app/session";
import { useProblemText } from "../app/states";
import { batchOf } from "./batch";
import { following, neighbour, type Change } from "./book";
import { candidateKey, preloadAround, useCandidate } from "./candidate";
import { queryOf, readFilters, writeFilters, type Filters } from "./filters";
import { noTicks, obstaclesToConfirm, obstaclesToJudge, type Ticks } from "./obstacles";
import { useOriginals } from "./originals";
import type { DecisionBody, Entry, Verb } from "./outbox";
import { useRefusalWords } from "./Pending";
import { clipOf, deletionOf, picturesOf } from "./pictures";
import { firstStage, stageReducer } from "./stage";
import { useClaim, useDesk, useOutboxEntries } from "./useDesk";
import { useBatch } from "./useBatch";
import { statesFor, useQueue } from "./useQueue";
import type { CandidateDetail, Check, MissingEvidence, QueueItem, RejectReason } from "./types";

const PRELOAD_AFTER_MS = 250; // what is on the screen comes first
const MAX_DRAFTS = 200;

// Ticks of items that were left undecided; they outlive the page, not the browser.
const drafts = new Map<string, Ticks>();

function keepDraft(id: string, ticks: Ticks): void {
  drafts.delete(id);
  drafts.set(id, ticks);
  const oldest = drafts.keys().next();
  if (drafts.size > MAX_DRAFTS && !oldest.done) drafts.delete(oldest.value);
}

export function useReview() {
  const { t } = useTranslation("review");
  const { message } = App.useApp();
  const say = useProblemText();
  const sayRefusal = useRefusalWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { has, session } = useSession();
  const { roles } = session.user;
  const id = useParams()["*"] || null;
  const [search] = useSearchParams();
  const searchText = search.toString();
  const filters = useMemo(() => readFilters(new URLSearchParams(searchText)), [searchText]);
  const desk = useDesk();
  const entries = useOutboxEntries(desk.outbox);
  const [news, setNews] = useState<"update" | "decided" | null>(null);
  const shown = useRef<CandidateDetail | undefined>(undefined);
  const queue = useQueue(filters, useCallback((change: Change) => {
    const known = shown.current;
    // Its box brought more, or a colleague moved it on; not our own claim.
    if (!known || change.candidateId !== known.id) return;
    if (change.state !== known.state && !statesFor(roles).includes(change.state)) {
      setNews("decided");
      // What stands there is over: show how it stands now.
      void queries.invalidateQueries({ queryKey: candidateKey(known.id) });
    } else if (change.action === "candidate.updated" || change.state !== known.state) setNews("update");
  }, [queries, roles]));
  const { data: detail, error, isPending, isFetching } = useCandidate(id);
  shown.current = detail;
  const mayJudge = has("operator", "second_reviewer", "legal_reviewer");
  const isOpenForMe = mayJudge && detail !== undefined && detail.stage !== null && !detail.obstacles.some((code) => code !== "integrity_frozen");
  const claim = useClaim(desk, isOpenForMe ? id : null, isOpenForMe);
  const [ticks, setTicks] = useState<Ticks>(noTicks);
  const [isAsked, setIsAsked] = useState(false);
  const [broken, setBroken] = useState<readonly string[]>([]);
  const [stage, dispatch] = useReducer(stageReducer, firstStage);
  const pictures = useMemo(() => (detail ? picturesOf(detail.evidence) : []), [detail]);
  const clip = useMemo(() => (detail ? clipOf(detail.evidence) : null), [detail]);
  const deletion = detail ? deletionOf(detail.evidence) : null;
  const originals = useOriginals(detail);
  const detailId = detail?.id;

  // While rendering: the first frame of another item shows nothing of the one before.
  const [knownId, setKnownId] = useState<string | undefined>(undefined);
  if (knownId !== detailId) {
    setKnownId(detailId);
    setTicks((detailId && drafts.get(detailId)) || noTicks);
    setIsAsked(false);
    setBroken([]);
    setNews(null);
    if (detail) dispatch({ do: "open", violation: detail.violation, pictures });
  }

  const open = useCallback(
    (next: string | null) => void navigate({ pathname: next ? `/review/${next}` : "/review", search: searchText }),
    [navigate, searchText],
  );
  const setFilters = useCallback(
    (next: Filters) => void navigate({ pathname: id ? `/review/${id}` : "/review", search: writeFilters(next).toString() }),
    [navigate, id],
  );
  const { book } = queue;
  useEffect(() => {
    const ahead = id === null ? [neighbour(book, null, 1)] : [following(book, id), neighbour(book, id, 1), neighbour(book, id, -1)];
    const timer = setTimeout(() => {
      const ids = new Set(ahead.flatMap((item) => (item ? [item.id] : [])));
      void preloadAround(queries, id, [...ids]);
    }, PRELOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [queries, book, id]);

  const onBroken = useCallback((role: string, isBroken: boolean) => {
    setBroken((before) => {
      if (before.includes(role) === isBroken) return before;
      return isBroken ? [...before, role] : before.filter((one) => one !== role);
    });
  }, []);

  const onItsWay = entries.some((one) => one.candidateId === id && (one.state === "waiting" || one.state === "sending"));
  const facts = detail && { detail, claim, ticks, broken, onItsWay };
  const toJudge = facts ? obstaclesToJudge(facts) : [];
  const toConfirm = facts ? obstaclesToConfirm(facts) : [];

  const tick = (check: Check) => {
    if (!id || toJudge.length > 0) return;
    const next = { ...ticks, [check]: !ticks[check] };
    keepDraft(id, next);
    setTicks(next);
  };

  const submit = (verb: Verb, said: Partial<DecisionBody>, note = "") => {
    if (!detail || toJudge.length > 0) return;
    const next = following(book, detail.id);
    const sent: DecisionBody | null = verb === "recuse" ? null : {
      update: detail.judged_update, verdict: verb, missing: [], note, fact: { text: "" }, ...said,
    };
    const added = desk.outbox.add({
      id: crypto.randomUUID(), candidateId: detail.id, number: detail.number, violation: detail.violation,
      seenVersion: detail.version, verb, body: sent, note,
    });
    if (!added) return;
    queue.decide(detail.id);
    open(next?.id ?? null);
  };
  const confirm = () => {
    if (!detail) return;
    if (toConfirm.length > 0) {
      setIsAsked(true);
      return;
    }
    submit("confirm", { checklist: { ...ticks } });
  };

  // What was not taken comes back into the list, with everything that was written.
  const told = useRef(new Set<string>());
  const { giveBack } = queue;
  useEffect(() => {
    for (const entry of entries) {
      if (entry.state !== "refused" || told.current.has(entry.id)) continue;
      told.current.add(entry.id);
      const known = queries.getQueryData<CandidateDetail>(candidateKey(entry.candidateId));
      if (known) giveBack(known);
      void queries.invalidateQueries({ queryKey: candidateKey(entry.candidateId) });
    }
  }, [entries, giveBack, queries]);

  const undo = async (entry: Entry) => {
    try {
      const how = await desk.outbox.undo(entry.id);
      const known = queries.getQueryData<CandidateDetail>(candidateKey(entry.candidateId));
      if (known) queue.giveBack(known);
      await queries.invalidateQueries({ queryKey: candidateKey(entry.candidateId) });
      void message.info(t(how === "undone" ? "pending.undone" : "pending.cancelled"));
      open(entry.candidateId);
    } catch (failure) {
      const reason = failure instanceof Problem && failure.code !== "no_answer" ? sayRefusal(failure.document) : say(failure);
      void message.warning(t("pending.undoFailed", { reason }));
    }
  };
  const batch = useBatch((item) => Math.max(item.version, item.id === detail?.id ? detail.version : 0));
  const batchItems = useMemo(() => batchOf(book.items, book.gone, mayJudge ? id : null), [book, id, mayJudge]);
  const rejectBatch = async (items: readonly QueueItem[], reason: RejectReason, note: string) => {
    const next = book.items.find((item) => !items.includes(item) && !book.gone.has(item.id) && (!item.claim || item.claim.mine));
    try {
      await batch.reject(items, reason, note);
    } catch (failure) {
      if (failure instanceof Problem && failure.status === 409) queue.reload();
      throw failure;
    }
    for (const item of items) {
      desk.claims.note(item.id, { is: "none" });
      queue.decide(item.id);
      void queries.invalidateQueries({ queryKey: candidateKey(item.id) });
    }
    void queries.invalidateQueries({ queryKey: ["queue-counts"] });
    open(next?.id ?? null);
  };
  const undoBatch = async () => {
    const all = batch.done?.items.length ?? 0;
    const undone = await batch.undo();
    for (const item of undone) {
      queue.giveBack(item);
      void queries.invalidateQueries({ queryKey: candidateKey(item.id) });
    }
    void message[undone.length === all ? "info" : "warning"](t("batch.undone", { count: undone.length, all }));
    if (undone[0]) open(undone[0].id);
  };
  const reopen = async () => {
    if (!detail) return;
    try {
      await body(api.POST("/api/v1/candidates/{candidate_id}/reopening", { params: { path: { candidate_id: detail.id } } }));
      void message.success(t("reopening.done"));
      await queries.invalidateQueries({ queryKey: candidateKey(detail.id) });
      queue.reload();
    } catch (failure) {
      void message.warning(failure instanceof Problem && failure.status === 409 ? sayRefusal(failure.document) : say(failure));
    }
  };
  const undoLast = () => {
    const entry = desk.outbox.undoable();
    if (batch.done && batch.done.undoUntil > Math.max(Date.now(), entry?.undoUntil ?? 0)) void undoBatch();
    else if (entry) void undo(entry);
    else void message.info(t("pending.nothingToUndo"));
  };

  const claimNext = async () => {
    const { violation, camera_id } = queryOf(filters);
    try {
      const { data } = await api.POST("/api/v1/queue/next", {
        body: { ...(violation ? { violation } : {}), ...(camera_id ? { camera_id } : {}), skip: id ? [id] : [] },
      });
      if (!data) {
        void message.info(t("queue.empty"));
        return;
      }
      const until = data.claimed_until ? Date.parse(data.claimed_until) : Date.now();
      desk.claims.note(data.candidate_id, { is: "mine", version: data.version, until });
      await queries.invalidateQueries({ queryKey: candidateKey(data.candidate_id) });
      open(data.candidate_id);
    } catch (failure) {
      void message.warning(failure instanceof Problem && failure.status === 409 ? sayRefusal(failure.document) : say(failure));
    }
  };

  const openNumber = async (number: number) => {
    const page = await body(api.GET("/api/v1/queue", { params: { query: { number } } })).catch(() => null);
    const found = page?.items[0];
    if (found) open(found.id);
    else void message.info(t("queue.numberUnknown", { number }));
  };

  const checkAgain = async () => {
    if (!detail) return;
    try {
      const report = await body(
        api.POST("/api/v1/candidates/{candidate_id}/integrity-checks", { params: { path: { candidate_id: detail.id } } }),
      );
      if (report.ok) void message.success(t("check.againDone"));
      else void message.error(t("check.againBad"));
      await queries.invalidateQueries({ queryKey: candidateKey(detail.id) });
    } catch (failure) {
      void message.warning(say(failure));
    }
  };

  return {
    id, detail, deletion, error, isLoading: id !== null && isPending, isFetching, queue, filters, setFilters, open, entries, desk, claim, mayJudge,
    ticks, tick, isAsked, broken, onBroken, stage, dispatch, pictures, clip, originals, toJudge, toConfirm,
    confirm,
    reject: (reason: RejectReason, note: string) => submit("reject", { reason }, note),
    needMore: (missing: MissingEvidence[], note: string) => submit("need_more", { missing }, note),
    recuse: (note: string) => submit("recuse", {}, note),
    step: (by: 1 | -1) => {
      const next = neighbour(book, id, by);
      if (next) open(next.id);
    },
    undo, undoLast, undoBatch, claimNext, openNumber, checkAgain, reopen, batchItems, batchDone: batch.done, rejectBatch, forgetBatch: batch.forget, news,
    showNewer: () => {
      setNews(null);
      if (id) void queries.invalidateQueries({ queryKey: candidateKey(id) });
    },
  };
}

export type Review = ReturnType<typeof useReview>;
