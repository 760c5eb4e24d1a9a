import { describe, expect, it } from "vitest";
import { fitted, held, MAX_ZOOM, onBox, panned, WHOLE, zoomedAt } from "./view";

describe("views", () => {
  it("fit a picture into a place", () => {
    expect(fitted({ width: 1920, height: 1080 }, { width: 480, height: 480 })).toEqual({ width: 480, height: 270 });
    expect(fitted({ width: 0, height: 0 }, { width: 480, height: 480 })).toEqual({ width: 0, height: 0 });
  });

  it("keep the point under the cursor when zooming", () => {
    const at = { x: 0.8, y: 0.3 };
    const view = { zoom: 2, x: 0.5, y: 0.5 };
    const next = zoomedAt(view, 1.5, at);
    const point = (v: typeof view) => [v.x + (at.x - 0.5) / v.zoom, v.y + (at.y - 0.5) / v.zoom];
    expect(point(next)[0]).toBeCloseTo(point(view)[0] ?? NaN);
    expect(point(next)[1]).toBeCloseTo(point(view)[1] ?? NaN);
  });

  it("never leave the picture", () => {
    expect(panned(WHOLE, 0.7, -3)).toEqual(WHOLE);
    expect(held({ zoom: 99, x: -4, y: 9 }).zoom).toBe(MAX_ZOOM);
    const corner = held({ zoom: 4, x: -1, y: 2 });
    expect(corner.x).toBeCloseTo(0.125);
    expect(corner.y).toBeCloseTo(0.875);
  });

  it("show a box with its surroundings", () => {
    const view = onBox([0.4, 0.4, 0.5, 0.6]);
    expect(view.x).toBeCloseTo(0.45);
    expect(view.zoom).toBeCloseTo(1 / 0.44);
  });
});
