import { describe, expect, it } from "vitest";
import { labelTops, type Name } from "./labelPlaces";

const name = (id: string, x: number, y: number, text = "市场口人行道"): Name => ({ id, at: [x, y], text });

describe("labelTops", () => {
  it("leaves names where they stand best when none is above them", () => {
    const tops = labelTops([name("a", 0.2, 0.5), name("b", 0.8, 0.5), name("c", 0.5, 0.1, "ab")]);
    expect(tops.get("a")).toBe("50.00%");
    expect(tops.get("b")).toBe("50.00%");
  });

  it("keeps a line between names above each other, whatever the picture's height", () => {
    const tops = labelTops([name("low", 0.5, 0.51), name("high", 0.52, 0.5), name("last", 0.5, 0.52)]);
    expect(tops.get("high")).toBe("50.00%");
    expect(tops.get("low")).toBe("max(51.00%, 50.00% + var(--line))");
    expect(tops.get("last")).toBe("max(52.00%, max(51.00%, 50.00% + var(--line)) + var(--line))");
  });

  it("knows that short names have room beside each other", () => {
    expect(labelTops([name("a", 0.4, 0.5, "ab"), name("b", 0.5, 0.5, "cd")]).get("b")).toBe("50.00%");
  });

  it("grows evenly with as many zones as a camera may have", () => {
    const tops = labelTops(Array.from({ length: 100 }, (_, index) => name(`${index}`, 0.5, index / 100)));
    expect(tops.get("99")?.length).toBeLessThan(100 * 40);
  });
});
