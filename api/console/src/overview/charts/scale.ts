// Where things stand on a chart: round ticks, and labels that do not run into each other.

const STEPS = [1, 2, 5, 10];

/** Round values from 0 to at least `most`, about as many as wanted; counts have no fractions. */
export function ticksOf(most: number, wanted = 4): number[] {
  const rough = Math.max(most, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, (STEPS.find((one) => one * power >= rough) ?? 10) * power);
  return Array.from({ length: Math.ceil(Math.max(most, 1) / step) + 1 }, (_, index) => index * step);
}

const WIDE = 13; // px of a Chinese character at 13 px
const NARROW = 7.6;

/** About how wide a text of 13 px is. */
export function textWidth(text: string): number {
  return [...text].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e80 ? WIDE : NARROW), 0);
}

const GAP = 10; // between neighbouring labels, px

/** Every how many-th label is shown, so that none covers its neighbour. */
export function labelStep(labels: readonly string[], band: number): number {
  const widest = Math.max(0, ...labels.map(textWidth)) + GAP;
  return Math.max(1, Math.ceil(widest / Math.max(band, 1)));
}

/** A text that fits into so many px, its end cut where it must be. */
export function fitted(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = text;
  while (kept.length > 1 && textWidth(`${kept}…`) > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}

/** The step of lightness for a count; only nothing has the first. */
export function stepOf(value: number, most: number, steps: number): number {
  return value === 0 ? 0 : Math.min(steps - 1, Math.max(1, Math.ceil((value / Math.max(most, 1)) * (steps - 1))));
}
