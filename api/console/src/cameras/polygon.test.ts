import { describe, expect, it } from "vitest";
import {
  areaOf, contains, distanceToEdge, edgeNear, firstCrossing, labelPoint, moved, problemOfPolygon, rounded, snapped,
  withCorner, withCornerAfter, withoutCorner, type Point, type Polygon,
} from "./polygon";

const square: Polygon = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]];
const PIXELS: Point = [1000, 500];

describe("what the server would refuse", () => {
  it.each<[string, Polygon, unknown]>([
    ["a square", square, null],
    ["a square, the other way round", [...square].reverse(), null],
    ["a concave one", [[0, 0], [1, 0], [1, 1], [0.5, 0.2], [0, 1]], null],
    ["a bow", [[0, 0], [1, 1], [1, 0], [0, 1]], { code: "crosses", first: 0, second: 2 }],
    ["a line", [[0, 0], [1, 1], [0.5, 0.5]], { code: "crosses", first: 0, second: 1 }],
    ["a spike that folds back", [[0, 0], [0.8, 0], [0.4, 0], [0.4, 0.5]], { code: "crosses", first: 0, second: 1 }],
    ["a fold at the closing corner", [[0.8, 0], [0.8, 0.5], [0, 0.5], [0, 0], [0.9, 0]], { code: "crosses", first: 0, second: 3 }],
    ["a corner on another edge", [[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]], { code: "crosses", first: 0, second: 2 }],
    ["a corner twice in a row", [[0, 0], [0, 0], [1, 0], [1, 1]], { code: "crosses", first: 0, second: 1 }],
    ["two corners", [[0, 0], [1, 1]], { code: "tooFew", corners: 2 }],
    ["the same corner thrice", [[0, 0], [0, 0], [0, 0]], { code: "tooFew", corners: 1 }],
    ["outside", [[0, 0], [1.1, 0], [1, 1]], { code: "outside", corner: 1 }],
    ["not a number", [[0, 0], [Number.NaN, 0], [1, 1]], { code: "outside", corner: 1 }],
  ])("%s", (_, polygon, problem) => {
    expect(problemOfPolygon(polygon)).toEqual(problem);
  });

  it("has a bound on corners", () => {
    const ring = Array.from({ length: 201 }, (_, i): Point => [
      0.5 + 0.4 * Math.cos((i * 2 * Math.PI) / 201), 0.5 + 0.4 * Math.sin((i * 2 * Math.PI) / 201),
    ]);
    expect(problemOfPolygon(ring)).toEqual({ code: "tooMany", corners: 201 });
    expect(problemOfPolygon(ring.slice(1))).toBeNull();
  });

  it("finds no crossing in any convex ring, and one in any ring with two corners swapped", () => {
    for (let corners = 4; corners < 40; corners += 1) {
      const ring = Array.from({ length: corners }, (_, i): Point => [
        0.5 + 0.4 * Math.cos((i * 2 * Math.PI) / corners), 0.5 + 0.3 * Math.sin((i * 2 * Math.PI) / corners),
      ]);
      expect(firstCrossing(ring)).toBeNull();
      const [a, b, ...rest] = ring;
      if (a && b) expect(firstCrossing([b, a, ...rest])).not.toBeNull();
    }
  });
});

describe("changing a polygon", () => {
  it("inserts a corner in the middle of an edge, the closing one too", () => {
    expect(withCornerAfter(square, 0)[1]).toEqual([0.3, 0.1]);
    expect(withCornerAfter(square, 3)).toHaveLength(5);
    expect(withCornerAfter(square, 3)[4]).toEqual([0.1, 0.3]);
    expect(areaOf(withCornerAfter(square, 2))).toBeCloseTo(areaOf(square));
  });

  it("removes a corner but leaves a triangle whole", () => {
    const triangle = withoutCorner(square, 1);
    expect(triangle).toEqual([[0.1, 0.1], [0.5, 0.5], [0.1, 0.5]]);
    expect(withoutCorner(triangle, 0)).toBe(triangle);
  });

  it("keeps corners in the picture", () => {
    expect(withCorner(square, 2, [1.4, -3])[2]).toEqual([1, 0]);
    expect(rounded([0.123456789, 2])).toEqual([0.12346, 1]);
  });

  it("moves as a whole, stops at the edge and keeps its shape", () => {
    const right = moved(square, 9, 0.1);
    expect(Math.max(...right.map((point) => point[0]))).toBe(1);
    expect(areaOf(right)).toBeCloseTo(areaOf(square));
    expect(moved(square, -9, -9)[0]).toEqual([0, 0]);
  });
});

describe("what a pointer touches", () => {
  it.each<[Point, boolean]>([[[0.3, 0.3], true], [[0.05, 0.3], false], [[0.3, 0.9], false]])("%j inside: %s", (at, inside) => {
    expect(contains(square, at)).toBe(inside);
  });

  it("measures distances to edges in pixels", () => {
    expect(distanceToEdge([0.3, 0.12], [[0.1, 0.1], [0.5, 0.1]], PIXELS)).toBeCloseTo(10);
    expect(distanceToEdge([0.6, 0.1], [[0.1, 0.1], [0.5, 0.1]], PIXELS)).toBeCloseTo(100);
    expect(distanceToEdge([0.2, 0.1], [[0.1, 0.1], [0.1, 0.1]], PIXELS)).toBeCloseTo(100);
  });

  it("finds the nearest edge within reach", () => {
    expect(edgeNear(square, [0.3, 0.11], PIXELS, 8)).toBe(0);
    expect(edgeNear(square, [0.1, 0.3], PIXELS, 8)).toBe(3);
    expect(edgeNear(square, [0.3, 0.3], PIXELS, 8)).toBeNull();
  });

  it("snaps to the corners of others", () => {
    expect(snapped([0.502, 0.1], [square], PIXELS, 6)).toEqual([0.5, 0.1]);
    expect(snapped([0.52, 0.1], [square], PIXELS, 6)).toEqual([0.52, 0.1]);
  });

  it("labels a concave zone on itself", () => {
    const hook: Polygon = [[0, 0], [0.9, 0], [0.9, 0.1], [0.1, 0.1], [0.1, 0.9], [0, 0.9]];
    expect(labelPoint(hook)).toEqual([0, 0]);
    expect(labelPoint(square)[0]).toBeCloseTo(0.3);
  });
});
