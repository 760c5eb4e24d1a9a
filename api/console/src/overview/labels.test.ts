import { describe, expect, it } from "vitest";
import { placedLabels, widthOf } from "./labels";

const SIZE = { width: 400, height: 200 };
const point = (id: string, x: number, y: number) => ({ id, text: "前门东路", radius: 6, x, y });

describe("placedLabels", () => {
  it("writes to the right, and to the left at the right edge", () => {
    const labels = placedLabels([point("a", 100, 100), point("edge", 380, 100)], SIZE);
    expect(labels.get("a")?.anchor).toBe("start");
    expect(labels.get("edge")?.anchor).toBe("end");
  });

  it("covers neither other names nor other points", () => {
    const labels = placedLabels([point("a", 100, 100), point("b", 120, 104)], SIZE);
    expect(labels.get("a")?.anchor).toBe("end");
    expect(labels.get("b")?.anchor).toBe("start");
  });

  it("leaves out what finds no place", () => {
    const crowd = Array.from({ length: 40 }, (_, index) => point(`${index}`, 200 + index, 100));
    expect(placedLabels(crowd, SIZE).size).toBeLessThan(10);
    expect(placedLabels([point("outside", -50, 100)], SIZE).size).toBe(0);
  });

  it("knows that Chinese is wider", () => {
    expect(widthOf("前门")).toBeGreaterThan(widthOf("ab"));
  });
});
