// Polygons in fractions of the picture: what the server would refuse, and what a pointer touches.

import { fixed } from "../parts/figures";

export type Point = readonly [number, number];
export type Polygon = readonly Point[];

export const MAX_CORNERS = 200; // as the API's bound

export type PolygonProblem =
  | { code: "tooFew"; corners: number }
  | { code: "tooMany"; corners: number }
  | { code: "crosses"; first: number; second: number } // edges by the corner they begin at, from 0
  | { code: "noArea" }
  | { code: "outside"; corner: number };

type Edge = readonly [Point, Point];

function edgesOf(points: Polygon): Edge[] {
  return points.map((point, index) => [point, points[(index + 1) % points.length] ?? point]);
}

function isSame(a: Point, b: Point): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** Cross product of a->b and a->c: its sign says on which side of a->b the point c lies. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** Whether c, known to be on the line through a and b, lies between them. */
function isBetween(a: Point, b: Point, c: Point): boolean {
  return (
    Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1])
  );
}

function meet([a, b]: Edge, [c, d]: Edge): boolean {
  const turns = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)] as const;
  const crosses = turns[0] > 0 !== turns[1] > 0 && turns[2] > 0 !== turns[3] > 0;
  if (crosses && turns.every((one) => one !== 0)) return true;
  return (
    (turns[0] === 0 && isBetween(a, b, c)) ||
    (turns[1] === 0 && isBetween(a, b, d)) ||
    (turns[2] === 0 && isBetween(c, d, a)) ||
    (turns[3] === 0 && isBetween(c, d, b))
  );
}

/** Whether two neighbouring edges lie on top of each other. */
function folds(before: Point, shared: Point, after: Point): boolean {
  return (
    turn(before, shared, after) === 0 &&
    (isBetween(before, shared, after) || isBetween(after, shared, before))
  );
}

/** The first two edges that meet without being neighbours, or fold back; as the server finds them. */
export function firstCrossing(points: Polygon): readonly [number, number] | null {
  const edges = edgesOf(points);
  const count = edges.length;
  for (const [i, first] of edges.entries()) {
    if (isSame(first[0], first[1])) return [i, (i + 1) % count];
    for (const [j, second] of edges.entries()) {
      if (j <= i) continue;
      if (j === i + 1) {
        if (folds(first[0], first[1], second[1])) return [i, j];
      } else if (i === 0 && j === count - 1) {
        if (folds(first[1], first[0], second[0])) return [i, j];
      } else if (meet(first, second)) return [i, j];
    }
  }
  return null;
}

/** Area in shares of the picture, never negative. */
export function areaOf(points: Polygon): number {
  const doubled = edgesOf(points).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0);
  return Math.abs(doubled) / 2;
}

/** Why the server would not take a polygon; null: it would. */
export function problemOfPolygon(points: Polygon): PolygonProblem | null {
  const different = new Set(points.map((point) => point.join(","))).size;
  if (different < 3) return { code: "tooFew", corners: different };
  if (points.length > MAX_CORNERS) return { code: "tooMany", corners: points.length };
  const outside = points.findIndex(([x, y]) => !(x >= 0 && x <= 1 && y >= 0 && y <= 1));
  if (outside >= 0) return { code: "outside", corner: outside };
  const crossing = firstCrossing(points);
  if (crossing) return { code: "crosses", first: crossing[0], second: crossing[1] };
  return areaOf(points) === 0 ? { code: "noArea" } : null;
}

/** Even-odd rule; a point on an edge may go either way. */
export function contains(points: Polygon, [x, y]: Point): boolean {
  let inside = false;
  for (const [[x1, y1], [x2, y2]] of edgesOf(points)) {
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  }
  return inside;
}

const clamp = (value: number) => Math.min(Math.max(value, 0), 1);

// A tenth of a pixel of a 4K picture: finer is noise in the stored version.
const DECIMALS = 5;

export function rounded([x, y]: Point): Point {
  return [Number(fixed(clamp(x), DECIMALS)), Number(fixed(clamp(y), DECIMALS))];
}

export function withCorner(points: Polygon, index: number, point: Point): Polygon {
  return points.map((old, at) => (at === index ? rounded(point) : old));
}

/** A new corner in the middle of the edge that begins at a corner. */
export function withCornerAfter(points: Polygon, index: number, point?: Point): Polygon {
  const [a, b] = [points[index], points[(index + 1) % points.length]];
  if (!a || !b || points.length >= MAX_CORNERS) return points;
  const middle: Point = point ?? [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return [...points.slice(0, index + 1), rounded(middle), ...points.slice(index + 1)];
}

/** Without a corner; a triangle stays as it is. */
export function withoutCorner(points: Polygon, index: number): Polygon {
  return points.length <= 3 ? points : points.filter((_, at) => at !== index);
}

/** The polygon moved as a whole; it stops at the picture's edge and keeps its shape. */
export function moved(points: Polygon, dx: number, dy: number): Polygon {
  const held = (values: number[], by: number) =>
    Math.min(Math.max(by, -Math.min(...values)), 1 - Math.max(...values));
  const x = held(points.map((point) => point[0]), dx);
  const y = held(points.map((point) => point[1]), dy);
  return points.map((point) => rounded([point[0] + x, point[1] + y]));
}

/** Distance from a point to the segment a-b, in the units of `scale` (pixels per fraction). */
export function distanceToEdge(point: Point, [a, b]: Edge, scale: Point): number {
  const [px, py] = [point[0] * scale[0], point[1] * scale[1]];
  const [ax, ay, bx, by] = [a[0] * scale[0], a[1] * scale[1], b[0] * scale[0], b[1] * scale[1]];
  const squared = (bx - ax) ** 2 + (by - ay) ** 2;
  const share = squared === 0 ? 0 : Math.min(Math.max(((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / squared, 0), 1);
  return Math.hypot(px - ax - share * (bx - ax), py - ay - share * (by - ay));
}

/** The edge nearest to a point, by the corner it begins at, if it is near enough. */
export function edgeNear(points: Polygon, point: Point, scale: Point, within: number): number | null {
  let best: { index: number; distance: number } | null = null;
  for (const [index, edge] of edgesOf(points).entries()) {
    const distance = distanceToEdge(point, edge, scale);
    if (distance <= within && (!best || distance < best.distance)) best = { index, distance };
  }
  return best?.index ?? null;
}

/** The corner within reach of a point that belongs to another polygon, for drawing zones edge to edge. */
export function snapped(point: Point, others: readonly Polygon[], scale: Point, within: number): Point {
  let best: { corner: Point; distance: number } | null = null;
  for (const corner of others.flat()) {
    const distance = Math.hypot((corner[0] - point[0]) * scale[0], (corner[1] - point[1]) * scale[1]);
    if (distance <= within && (!best || distance < best.distance)) best = { corner, distance };
  }
  return best?.corner ?? point;
}

/** A point of the polygon where a label lies well: inside, near the middle. */
export function labelPoint(points: Polygon): Point {
  const count = Math.max(points.length, 1);
  const mean: Point = [
    points.reduce((sum, point) => sum + point[0], 0) / count,
    points.reduce((sum, point) => sum + point[1], 0) / count,
  ];
  if (points.length < 3 || contains(points, mean)) return mean;
  return points[0] ?? mean;
}
