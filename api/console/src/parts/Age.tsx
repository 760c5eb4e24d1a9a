// How long ago something was, kept up to date; the exact time on hover.

import dayjs from "dayjs";
import type { TFunction } from "i18next";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

const TICK_MS = 5_000;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The present instant in milliseconds, to within five seconds; one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => {
    if (!timer) now = Date.now();
    return now;
  });
}

export function ageText(at: string, instant: number, t: TFunction): string {
  const seconds = Math.max(0, Math.round((instant - Date.parse(at)) / 1000));
  if (seconds < 5) return t("time.now");
  if (seconds < 120) return t("time.secondsAgo", { count: seconds });
  if (seconds < 7200) return t("time.minutesAgo", { count: Math.round(seconds / 60) });
  if (seconds < 172_800) return t("time.hoursAgo", { count: Math.round(seconds / 3600) });
  return t("time.daysAgo", { count: Math.round(seconds / 86_400) });
}

export function useAgeText(): (at: string) => string {
  const { t } = useTranslation();
  const instant = useNow();
  return (at) => ageText(at, instant, t);
}

export function Age({ at }: { at: string }) {
  const say = useAgeText();
  return (
    <time dateTime={at} className="figures" title={dayjs(at).format("YYYY-MM-DD HH:mm:ss Z")}>{say(at)}</time>
  );
}
