// Chinese first, English complete: the compiler refuses an English text that is missing. Chinese is
// the source and always there; English comes when somebody reads it.

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferences, type Language } from "../app/preferences";
import * as zh from "./zh";

type Texts<T> = { [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };

export const namespaces = Object.keys(zh) as (keyof typeof zh)[];

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: typeof zh;
  }
}

async function load(language: Language): Promise<void> {
  if (language === "zh-CN" || i18next.hasResourceBundle(language, "common")) return;
  const english: Texts<typeof zh> = await import("./en");
  for (const [namespace, texts] of Object.entries(english)) i18next.addResourceBundle(language, namespace, texts);
}

export async function startWords(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "zh-CN",
    fallbackLng: false,
    ns: namespaces,
    defaultNS: "common",
    resources: { "zh-CN": { ...zh } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  await speak(preferences().language);
}

/** Changes the language of everything, once its words are there. */
export async function speak(language: Language): Promise<void> {
  await load(language);
  if (i18next.language !== language) await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}
