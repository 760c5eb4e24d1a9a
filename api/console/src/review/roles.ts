// The words of a picture's role.

import type { TFunction } from "i18next";
import { review } from "../words/zh/review";

const KNOWN = Object.keys(review.evidence.role) as (keyof typeof review.evidence.role)[];
const SOURCE = "_source";

export function roleWord(t: TFunction<"review">, role: string): string {
  // What a close-up was cut out of, where no still of its own shows it.
  if (role.endsWith(SOURCE)) return t("evidence.sourceOf", { role: roleWord(t, role.slice(0, -SOURCE.length)) });
  const known = KNOWN.find((one) => one === role && one !== "other");
  return known ? t(`evidence.role.${known}`) : t("evidence.role.other", { role });
}
