// Where the names of zones stand on a picture, so that none covers another.

import { fixed } from "../../parts/figures";
import type { Point } from "../polygon";

export interface Name {
  id: string;
  at: Point; // the best place of its middle, in its zone
  text: string;
}

// Px of a name: about as wide as its letters are, never wider than what is cut.
const WIDE = 13; // a Chinese character
const NARROW = 7.6;
const ENDS = 18; // padding and the stripe of the kind
const MOST = 150;
const SMALLEST = 620; // px of the narrowest picture that has zones over it: on wider ones names take less

const widthOf = (text: string) =>
  Math.min(MOST, [...text].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e80 ? WIDE : NARROW), ENDS)) / SMALLEST;

/**
 * The `top` of each name, by id, as CSS has it: its best place, or a line below the name above it where
 * that is lower. The browser knows how high the picture is; a line is `--line` of the styles.
 */
export function labelTops(names: readonly Name[]): Map<string, string> {
  const placed: { x: number; width: number; top: string }[] = [];
  const tops = new Map<string, string>();
  for (const { id, at: [x, y], text } of [...names].sort((a, b) => a.at[1] - b.at[1])) {
    const width = widthOf(text);
    const above = placed.findLast((one) => Math.abs(one.x - x) < (one.width + width) / 2);
    const best = `${fixed(y * 100, 2)}%`;
    const top = above ? `max(${best}, ${above.top} + var(--line))` : best;
    placed.push({ x, width, top });
    tops.set(id, top);
  }
  return tops;
}
