// Which version of the product this is, for whoever asks for help.

import { useTranslation } from "react-i18next";

declare const STREETCASE_VERSION: string; // of the package, put here by vite.config.ts

export function Version() {
  const { t } = useTranslation();
  if (STREETCASE_VERSION === "") return null;
  return <span className="product-version quiet small figures">{t("product")} {STREETCASE_VERSION}</span>;
}
