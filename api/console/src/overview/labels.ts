// Names beside the points of a map, where they cover neither each other nor another point.

import type { Place, Size } from "./projection";

export interface Label extends Place {
  anchor: "start" | "middle" | "end"; // as SVG has it; y is the baseline
}

export interface Point extends Place {
  id: string;
  text: string;
  radius: number; // pixels
}

interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const HEIGHT = 15; // of a line of 12 px
const GAP = 4;

/** About how wide a text of 12 px is: Chinese characters are square, others about half as wide. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (character.charCodeAt(0) > 0x2e80 ? 12.5 : 7), 0);
}

function candidates({ x, y, radius, text }: Point): { label: Label; box: Rectangle }[] {
  const [width, half] = [widthOf(text), HEIGHT / 2];
  const away = radius + GAP;
  const box = (left: number, top: number): Rectangle => ({ left, top, right: left + width, bottom: top + HEIGHT });
  return [
    { label: { x: x + away, y: y + 4, anchor: "start" }, box: box(x + away, y - half) },
    { label: { x: x - away, y: y + 4, anchor: "end" }, box: box(x - away - width, y - half) },
    { label: { x, y: y - away - 3, anchor: "middle" }, box: box(x - width / 2, y - away - HEIGHT) },
    { label: { x, y: y + away + 11, anchor: "middle" }, box: box(x - width / 2, y + away) },
  ];
}

const meets = (a: Rectangle, b: Rectangle) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** A place for each name that finds one: right, left, above, below; the first come, first placed. */
export function placedLabels(points: readonly Point[], size: Size): Map<string, Label> {
  const dots = points.map(({ id, x, y, radius }) => ({ id, left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }));
  const taken: Rectangle[] = [];
  const placed = new Map<string, Label>();
  for (const point of points) {
    const free = candidates(point).find(({ box }) =>
      box.left >= 0 && box.right <= size.width && box.top >= 0 && box.bottom <= size.height &&
      !taken.some((one) => meets(one, box)) && !dots.some((dot) => dot.id !== point.id && meets(dot, box)));
    if (!free) continue;
    taken.push(free.box);
    placed.set(point.id, free.label);
  }
  return placed;
}
