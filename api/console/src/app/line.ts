// Whether the API can be reached: the browser's own word, and how the last calls went.

import { onlineManager, type QueryCache } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { Problem } from "../api/problem";

export type Line = "online" | "offline" | "away";

let away = false;
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Watches every query: an answer shows that the API is there, none or a 5xx that it is not. */
export function watchLine(cache: QueryCache): void {
  cache.subscribe((event) => {
    if (event.type !== "updated") return;
    const { action } = event;
    const before = away;
    if (action.type === "success") away = false;
    if (action.type === "error" || action.type === "failed") {
      const { error } = action;
      if (error instanceof Problem) away = error.status === 0 || error.status >= 502;
    }
    if (before !== away) tell();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const forget = onlineManager.subscribe(listener);
  return () => {
    listeners.delete(listener);
    forget();
  };
}

export function useLine(): Line {
  return useSyncExternalStore(subscribe, () => {
    if (!onlineManager.isOnline()) return "offline";
    return away ? "away" : "online";
  });
}
