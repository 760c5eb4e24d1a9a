// Reject reasons by a letter, or by what somebody types: words, Chinese text, pinyin initials.

import type { RejectReason } from "./types";

interface Entry {
  code: RejectReason;
  letter: string; // unique; the first key after X
  pinyin: string; // initials of the Chinese words
}

export const rejectReasons: readonly Entry[] = [
  { code: "not_violation", letter: "n", pinyin: "bgcwf" },
  { code: "permitted_zone", letter: "z", pinyin: "sddn" },
  { code: "permitted_time", letter: "t", pinyin: "xksdn" },
  { code: "licensed", letter: "l", pinyin: "yhxk" },
  { code: "moving_not_dwelling", letter: "m", pinyin: "ldwtl" },
  { code: "inside_premises", letter: "i", pinyin: "dnjy" },
  { code: "abandoned_stall", letter: "a", pinyin: "wrtw" },
  { code: "mitigation_water_mist", letter: "f", pinyin: "wpsw" },
  { code: "weather", letter: "w", pinyin: "tqyx" },
  { code: "occluded", letter: "c", pinyin: "zd" },
  { code: "blurry", letter: "b", pinyin: "hmmh" },
  { code: "time_error", letter: "e", pinyin: "sjyw" },
  { code: "duplicate", letter: "d", pinyin: "cf" },
  { code: "camera_moved", letter: "v", pinyin: "sxjyw" },
  { code: "outside_jurisdiction", letter: "j", pinyin: "bsbxq" },
  { code: "minor_present", letter: "k", pinyin: "sjwcnr" },
  { code: "privacy", letter: "p", pinyin: "sjys" },
  { code: "handled_on_site", letter: "s", pinyin: "xcycl" },
  { code: "other", letter: "o", pinyin: "qt" },
];

const MISS = Number.POSITIVE_INFINITY;

function rank(entry: Entry, query: string, words: string): number {
  if (query === "") return 0;
  if (entry.letter === query) return 0;
  const lower = words.toLowerCase();
  if (lower.startsWith(query) || entry.pinyin.startsWith(query)) return 1;
  if (entry.code.split("_").some((word) => word.startsWith(query))) return 2;
  if (lower.split(/\s+/).some((word) => word.startsWith(query))) return 2;
  if (lower.includes(query) || entry.pinyin.includes(query)) return 3;
  return MISS;
}

/** The reasons that fit what was typed, the best first; `wordsOf` gives them in the reader's language. */
export function foundReasons(typed: string, wordsOf: (code: RejectReason) => string): readonly Entry[] {
  const query = typed.trim().toLowerCase();
  return rejectReasons
    .map((entry) => ({ entry, at: rank(entry, query, wordsOf(entry.code)) }))
    .filter(({ at }) => at < MISS)
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}
