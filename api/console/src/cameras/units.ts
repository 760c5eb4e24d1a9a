// Sizes as people read them.

import { fixed } from "../parts/figures";

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, as disks are sold: 1500 -> 1.5 kB. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : fixed(value, 1)} ${UNITS[unit]}`;
}

export const percentText = (share: number): string => `${Math.round(share * 100)}%`;
