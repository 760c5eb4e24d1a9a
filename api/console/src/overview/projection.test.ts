import { describe, expect, it } from "vitest";
import {
  fitting, gridLines, lengthText, MAX_METRES_PER_PIXEL, middleOf, MIN_METRES_PER_PIXEL, onScreen, projected, roundLength, shifted, zoomed,
} from "./projection";

const SIZE = { width: 600, height: 400 };
const SQUARE = { longitude: 116.3975, latitude: 39.9087 };

describe("projection", () => {
  it("puts the origin in the middle, north up and east right", () => {
    expect(projected(SQUARE, SQUARE)).toEqual({ x: 0, y: 0 });
    expect(projected(SQUARE, { ...SQUARE, latitude: 39.92 }).y).toBeLessThan(0);
    expect(projected(SQUARE, { ...SQUARE, longitude: 116.42 }).x).toBeGreaterThan(0);
  });

  // Geodesic lengths of one thousandth of a degree by Vincenty's formulae on WGS84.
  it.each([
    [20, 0.001, 0, 104.65], [40, 0.001, 0, 85.39], [50, 0.001, 0, 71.70], [40, 0, 0.001, 111.035], [20, 0, 0.001, 110.70],
  ])("at %d degrees, %d by %d degrees are about %d m", (latitude, east, north, metres) => {
    const origin = { longitude: 116, latitude };
    const place = projected(origin, { longitude: 116 + east, latitude: latitude + north });
    expect(Math.abs(Math.hypot(place.x, place.y) / metres - 1)).toBeLessThan(0.005);
  });

  it("goes over the date line the short way", () => {
    const place = projected({ longitude: 179.999, latitude: 0 }, { longitude: -179.999, latitude: 0 });
    expect(place.x).toBeCloseTo(0.002 * 111_413, 0);
  });
});

describe("views of the map", () => {
  const places = [{ x: -2000, y: 100 }, { x: 3000, y: -900 }, { x: 0, y: 0 }];

  it("show every place, with room around", () => {
    const view = fitting(places, SIZE);
    for (const place of places) {
      const { x, y } = onScreen(view, SIZE, place);
      expect(x).toBeGreaterThanOrEqual(59);
      expect(x).toBeLessThanOrEqual(541);
      expect(y).toBeGreaterThanOrEqual(59);
      expect(y).toBeLessThanOrEqual(341);
    }
  });

  it("show one place with its surroundings, and nothing at all without a fault", () => {
    expect(fitting([{ x: 5, y: 5 }], SIZE).metresPerPixel).toBeCloseTo(400 / 480);
    expect(fitting([], SIZE).metresPerPixel).toBeGreaterThan(0);
    expect(middleOf([])).toEqual({ longitude: 0, latitude: 0 });
  });

  it("keep the place under the cursor while zooming, and have limits", () => {
    const view = fitting(places, SIZE);
    const pixel = { x: 123, y: 321 };
    const before = { x: view.centre.x + (123 - 300) * view.metresPerPixel, y: view.centre.y + (321 - 200) * view.metresPerPixel };
    const at = onScreen(zoomed(view, SIZE, 3, pixel), SIZE, before);
    expect(at.x).toBeCloseTo(pixel.x);
    expect(at.y).toBeCloseTo(pixel.y);
    expect(zoomed(view, SIZE, 1e9, pixel).metresPerPixel).toBe(MIN_METRES_PER_PIXEL);
    expect(zoomed(view, SIZE, 1e-9, pixel).metresPerPixel).toBe(MAX_METRES_PER_PIXEL);
  });

  it("move with the hand", () => {
    const view = fitting(places, SIZE);
    const before = onScreen(view, SIZE, places[2] ?? { x: 0, y: 0 });
    const after = onScreen(shifted(view, 10, -20), SIZE, places[2] ?? { x: 0, y: 0 });
    expect(after.x - before.x).toBeCloseTo(10);
    expect(after.y - before.y).toBeCloseTo(-20);
  });
});

describe("scale", () => {
  it.each([[1, 1], [1.9, 1], [2, 2], [4.99, 2], [7, 5], [10, 10], [999, 500], [1000, 1000], [0.3, 0.2]])("%d m: a bar of %d m", (metres, bar) => {
    expect(roundLength(metres)).toBeCloseTo(bar);
  });

  it.each([[500, "500 m"], [1000, "1 km"], [20_000, "20 km"]])("%d is %s", (metres, said) => {
    expect(lengthText(metres)).toBe(said);
  });

  it("draws a few lines, evenly", () => {
    const lines = gridLines({ centre: { x: 17, y: -3 }, metresPerPixel: 3 }, SIZE, "x");
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.length).toBeLessThan(16);
    const steps = lines.slice(1).map((line, index) => line - (lines[index] ?? 0));
    for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? NaN);
  });
});
