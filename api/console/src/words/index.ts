// Chinese first, English complete: the compiler refuses an English text that is missing.

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferences } from "../app/preferences";
import * as en from "./en";
import * as zh from "./zh";

type Texts<T> = { [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };

const english: Texts<typeof zh> = en;

export const namespaces = Object.keys(zh) as (keyof typeof zh)[];

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: typeof zh;
  }
}

export async function startWords(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: preferences().language,
    fallbackLng: false,
    ns: namespaces,
    defaultNS: "common",
    resources: { "zh-CN": { ...zh }, en: { ...english } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
}

export const i18n = i18next;
