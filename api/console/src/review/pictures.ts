// Which pictures of a candidate are shown, in which order, and which two belong side by side.

import type { Wanted } from "../viewer/files";
import type { EvidenceItem } from "./types";

/** One thing to look at: the redacted copy, and the original that may be asked for. */
export interface Picture {
  role: string;
  name: string; // of the item that is shown, or of the original if there is no copy
  original: string | null; // name of the unredacted original
  at: string;
  isWhole: boolean; // the camera's whole frame: boxes and zones can be drawn over it
  file: Wanted | null; // null: only the original exists
}

export interface ClipItem {
  name: string;
  at: string;
  isOriginal: boolean;
  file: Wanted | null;
  sha256: string;
  sizeBytes: number;
}

const ORDER = ["before", "first", "overall", "later", "latest", "after", "later_day", "context", "close_up", "plate", "load", "spill"];
const CLOSE = new Set(["close_up", "plate", "load", "spill"]);

// What is told apart best side by side, by violation.
const PAIRS: Record<string, readonly (readonly [string, string])[]> = {
  STREET_VENDING: [["first", "latest"], ["first", "later"]],
  CONSTRUCTION_DUST: [["first", "later"], ["first", "context"]],
  ILLEGAL_AD: [["before", "context"], ["context", "close_up"]],
  MUCK_TRUCK_SPILL: [["before", "after"], ["overall", "spill"]],
};
const BEFORE_AFTER: readonly (readonly [string, string])[] = [["before", "after"], ["before", "context"], ["first", "latest"], ["first", "later"]];

/** What is read of an evidence item; candidates and cases say it alike. */
export type Shown = Pick<
  EvidenceItem,
  "name" | "role" | "media_type" | "size_bytes" | "sha256" | "captured_at" | "is_redacted" | "derived_from" | "url"
>;

export const wantedOf = (item: Shown): Wanted => ({
  sha256: item.sha256, url: item.url, mediaType: item.media_type, sizeBytes: item.size_bytes,
});

const rank = (role: string) => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length);

/** The pictures of an evidence set, one for each role, in the order of the act. */
export function picturesOf(evidence: readonly Shown[]): readonly Picture[] {
  const images = evidence.filter((item) => item.media_type.startsWith("image/"));
  const copies = images.filter((item) => item.is_redacted);
  const found = copies.map((item): Picture => ({
    role: item.role, name: item.name, original: item.derived_from, at: item.captured_at,
    isWhole: !CLOSE.has(item.role), file: wantedOf(item),
  }));
  const copied = new Set(copies.map((item) => item.derived_from));
  // A template names its roles; other originals (keyframes of a close-up) are sources of these.
  const bare = images
    .filter((item) => !item.is_redacted && !copied.has(item.name) && ORDER.includes(item.role) && !found.some((one) => one.role === item.role))
    .map((item): Picture => ({
      role: item.role, name: item.name, original: item.name, at: item.captured_at, isWhole: !CLOSE.has(item.role), file: null,
    }));
  return [...found, ...bare].sort((a, b) => rank(a.role) - rank(b.role) || a.at.localeCompare(b.at));
}

/** The clip of an evidence set; a redacted copy is preferred to the original. */
export function clipOf(evidence: readonly Shown[]): ClipItem | null {
  const clips = evidence.filter((item) => item.media_type.startsWith("video/"));
  const item = clips.find((one) => one.is_redacted) ?? clips[0];
  if (!item) return null;
  return {
    name: item.name, at: item.captured_at, isOriginal: !item.is_redacted,
    file: item.is_redacted ? wantedOf(item) : null, sha256: item.sha256, sizeBytes: item.size_bytes,
  };
}

/** Indices of the two pictures that are compared first. */
export function pairOf(violation: string, pictures: readonly Picture[]): readonly [number, number] {
  const at = (role: string) => pictures.findIndex((picture) => picture.role === role);
  for (const [left, right] of PAIRS[violation] ?? []) {
    if (at(left) >= 0 && at(right) >= 0) return [at(left), at(right)];
  }
  return [0, Math.max(pictures.length - 1, 0)];
}

/** Indices of the pictures before and after, for the slider; null: there are none. */
export function beforeAfterOf(pictures: readonly Picture[]): readonly [number, number] | null {
  const at = (role: string) => pictures.findIndex((picture) => picture.role === role);
  const found = BEFORE_AFTER.find(([left, right]) => at(left) >= 0 && at(right) >= 0);
  return found ? [at(found[0]), at(found[1])] : null;
}

/** How the evidence was deleted, where none of it is left; null: there is something to see. */
export function deletionOf(evidence: readonly Pick<EvidenceItem, "deleted">[]): EvidenceItem["deleted"] {
  return evidence.length > 0 && evidence.every((item) => item.deleted != null) ? (evidence[0]?.deleted ?? null) : null;
}
