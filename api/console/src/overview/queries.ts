// What the overview asks the API for.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { everyPage } from "../api/everyPage";

export interface Wanted {
  days: number;
  area: string | null;
}

const EVERY_MS = 60_000;
const DAY_MS = 86_400_000;

/** The window as a query; its beginning stands on the minute, so that all figures are of one window. */
export function windowOf({ days, area }: Wanted): { begins: string; area?: string } {
  const begins = new Date(Math.floor((Date.now() - days * DAY_MS) / EVERY_MS) * EVERY_MS).toISOString();
  return area ? { begins, area } : { begins };
}

export function usePrecision(wanted: Wanted) {
  return useQuery({
    queryKey: ["analytics", "precision", wanted],
    queryFn: () => body(api.GET("/api/v1/analytics/precision", { params: { query: windowOf(wanted) } })),
    refetchInterval: EVERY_MS,
  });
}

export function useWorkload(wanted: Wanted) {
  return useQuery({
    queryKey: ["analytics", "workload", wanted],
    queryFn: () => body(api.GET("/api/v1/analytics/workload", { params: { query: windowOf(wanted) } })),
    refetchInterval: EVERY_MS,
  });
}

export function usePace(wanted: Wanted) {
  return useQuery({
    queryKey: ["analytics", "pace", wanted],
    queryFn: () => body(api.GET("/api/v1/analytics/pace", { params: { query: windowOf(wanted) } })),
    refetchInterval: EVERY_MS,
  });
}

export function useHours(wanted: Wanted) {
  return useQuery({
    queryKey: ["analytics", "hours", wanted],
    queryFn: () => body(api.GET("/api/v1/analytics/hours", { params: { query: windowOf(wanted) } })),
    refetchInterval: EVERY_MS,
  });
}

/** Candidates of the last day in every state; null for those whose role does not see the queue. */
export function useEpisodes(isAllowed: boolean) {
  return useQuery({
    queryKey: ["overview-episodes"],
    enabled: isAllowed,
    queryFn: () => {
      const received_from = new Date(Date.now() - DAY_MS).toISOString();
      return everyPage((query) => body(api.GET("/api/v1/queue", { params: { query: { ...query, received_from, state: [...states] } } })));
    },
    refetchInterval: EVERY_MS,
  });
}

const states = ["pending_review", "need_more", "confirmed", "second_review", "legal_review"] as const;

export function csvUrl(figure: "precision" | "workload" | "pace" | "hours", wanted: Wanted): string {
  return `/api/v1/analytics/${figure}.csv?${new URLSearchParams({ ...windowOf(wanted) })}`;
}
