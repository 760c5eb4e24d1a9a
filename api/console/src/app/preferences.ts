// What a person set for this browser: language and appearance.

import { useSyncExternalStore } from "react";
import type { Appearance } from "./theme";

export type Language = "zh-CN" | "en";

export interface Preferences {
  language: Language;
  appearance: Appearance | "system";
}

const KEY = "streetcase.preferences";
const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  const fallback: Preferences = { language: "zh-CN", appearance: "system" };
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof stored !== "object" || stored === null) return fallback;
    const { language, appearance } = stored as Partial<Preferences>;
    return {
      language: language === "en" ? "en" : "zh-CN",
      appearance: appearance === "light" || appearance === "dark" ? appearance : "system",
    };
  } catch {
    return fallback; // private windows refuse storage; the console works without
  }
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // as above
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

export function preferences(): Preferences {
  return current;
}

const darkQuery = () => window.matchMedia("(prefers-color-scheme: dark)");

function subscribeToSystem(listener: () => void): () => void {
  const query = darkQuery();
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

export function useAppearance(): Appearance {
  const { appearance } = usePreferences();
  const systemIsDark = useSyncExternalStore(subscribeToSystem, () => darkQuery().matches);
  if (appearance !== "system") return appearance;
  return systemIsDark ? "dark" : "light";
}
