// The desk of one person: the decisions on their way and the claims that are held. It outlives the
// page, so that nothing is lost while somebody looks at cameras.

import { onlineManager, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import { forgetMissing } from "../viewer/files";
import { noteVersion } from "./candidate";
import { Claims, type Claim } from "./claims";
import { Outbox, type Entry } from "./outbox";
import { sendEntry, undoEntry } from "./sending";

const RENEW_EVERY_MS = 60_000;
const IDLE_AFTER_MS = 150_000; // without a key or a click: the lease runs out for a colleague
const SWEEP_EVERY_MS = 1000;

export interface Desk {
  claims: Claims;
  outbox: Outbox;
}

const desks = new Map<string, Desk>();

/** The desk of a person; two people at one browser have one each. */
function deskOf(userId: string, queries: QueryClient): Desk {
  const known = desks.get(userId);
  if (known) return known;
  const path = (id: string) => ({ params: { path: { candidate_id: id } } });
  const granted = (standing: { version: number; claimed_until: string | null }) => ({
    version: standing.version,
    until: standing.claimed_until ? Date.parse(standing.claimed_until) : 0,
  });
  const claims = new Claims({
    take: async (id) => granted(await body(api.POST("/api/v1/candidates/{candidate_id}/claim", path(id)))),
    renew: async (id) => granted(await body(api.POST("/api/v1/candidates/{candidate_id}/claim/renewal", path(id)))),
    release: async (id) =>
      (await body(api.DELETE("/api/v1/candidates/{candidate_id}/claim", { ...path(id), keepalive: true }))).version,
    now: Date.now,
    onVersion: (id, version) => void noteVersion(queries, id, version),
  });
  const key = `streetcase.outbox.${userId}`;
  const outbox = new Outbox({
    send: async (entry, remember) => {
      const taken = await sendEntry(entry, claims, remember);
      claims.note(entry.candidateId, { is: "none" });
      void queries.invalidateQueries({ queryKey: ["queue-counts"] });
      return taken;
    },
    undo: (entry) => undoEntry(entry, claims),
    now: Date.now,
    later: (act, milliseconds) => void setTimeout(act, milliseconds),
    load: () => stored(() => localStorage.getItem(key)),
    save: (text) => void stored(() => localStorage.setItem(key, text)),
  });
  const desk = { claims, outbox };
  desks.set(userId, desk);
  void outbox.flush();
  onlineManager.subscribe((isOnline) => {
    if (!isOnline) return;
    forgetMissing();
    void outbox.flush();
  });
  window.addEventListener("focus", () => void outbox.flush());
  return desk;
}

function stored<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null; // private windows refuse storage; decisions then live as long as the page
  }
}

export function useDesk(): Desk {
  const queries = useQueryClient();
  const { session } = useSession();
  return deskOf(session.user.id, queries);
}

export function useOutboxEntries(outbox: Outbox): readonly Entry[] {
  useEffect(() => {
    const timer = setInterval(() => outbox.sweep(), SWEEP_EVERY_MS);
    return () => clearInterval(timer);
  }, [outbox]);
  return useSyncExternalStore(outbox.subscribe, outbox.entries);
}

const AFTER_PAINT_MS = 60; // the next item is painted before anything is said about this one
const CLAIM_AFTER_MS = 350; // whoever leafs through the queue takes nothing

/** Claims the open candidate, renews while somebody works on it, gives it back on leaving. */
export function useClaim(desk: Desk, id: string | null, mayJudge: boolean): Claim {
  const { claims, outbox } = desk;
  useEffect(() => {
    if (!id || !mayJudge) return undefined;
    const timer = setTimeout(() => void claims.take(id), CLAIM_AFTER_MS);
    const leave = () => {
      if (!outbox.isOnItsWay(id)) void claims.release(id);
    };
    window.addEventListener("pagehide", leave);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", leave);
      setTimeout(leave, AFTER_PAINT_MS);
    };
  }, [claims, outbox, id, mayJudge]);

  useEffect(() => {
    if (!id || !mayJudge) return undefined;
    let lastAct = Date.now();
    const acted = () => {
      lastAct = Date.now();
    };
    const signs = ["keydown", "pointerdown", "wheel", "pointermove"] as const;
    for (const sign of signs) window.addEventListener(sign, acted, { passive: true });
    const timer = setInterval(() => {
      if (Date.now() - lastAct < IDLE_AFTER_MS && document.visibilityState === "visible") void claims.renew(id);
    }, RENEW_EVERY_MS);
    return () => {
      clearInterval(timer);
      for (const sign of signs) window.removeEventListener(sign, acted);
    };
  }, [claims, id, mayJudge]);

  return useSyncExternalStore(claims.subscribe, () => claims.of(id ?? ""));
}
