// The words of a picture's role.

import type { TFunction } from "i18next";
import { review } from "../words/zh/review";

const KNOWN = Object.keys(review.evidence.role) as (keyof typeof review.evidence.role)[];

export function roleWord(t: TFunction<"review">, role: string): string {
  const known = KNOWN.find((one) => one === role && one !== "other");
  return known ? t(`evidence.role.${known}`) : t("evidence.role.other", { role });
}
