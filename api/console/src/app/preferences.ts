// What a person set for this browser: language and appearance.

import { useSyncExternalStore } from "react";
import { choicesIn, languageFor, type Preferences } from "./choices";
import type { Appearance } from "./theme";

export type { Language } from "./choices";

const KEY = "streetcase.preferences";
const listeners = new Set<() => void>();
let chosen = read(); // what somebody set; all else follows the browser
let current = completed(chosen);

function read(): Partial<Preferences> {
  try {
    return choicesIn(localStorage.getItem(KEY));
  } catch {
    return {}; // private windows refuse storage; the console works without
  }
}

function completed(choices: Partial<Preferences>): Preferences {
  return { language: choices.language ?? languageFor(navigator.languages), appearance: choices.appearance ?? "system" };
}

export function setPreferences(change: Partial<Preferences>): void {
  chosen = { ...chosen, ...change };
  current = completed(chosen);
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen));
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
