// What a reader can choose of the console, how a choice is kept, and what holds until one is made.

import type { Appearance } from "./theme";

export type Language = "zh-CN" | "en";

export interface Preferences {
  language: Language;
  appearance: Appearance | "system";
}

/** The language of a first visit: the first that the reader's browser prefers and the console has, else Chinese. */
export function languageFor(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh") return "zh-CN"; // of any region or script
    if (primary === "en") return "en";
  }
  return "zh-CN";
}

/** What was stored, as far as it is a choice; anything else counts as none. */
export function choicesIn(text: string | null): Partial<Preferences> {
  const stored: unknown = JSON.parse(text ?? "{}");
  if (typeof stored !== "object" || stored === null) return {};
  const { language, appearance } = stored as Partial<Preferences>;
  return {
    ...(language === "en" || language === "zh-CN" ? { language } : {}),
    ...(appearance === "light" || appearance === "dark" ? { appearance } : {}),
  };
}
