import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixed, signed } from "./figures";

describe("figures", () => {
  it("knows no negative zero", () => {
    expect([-0, -0.0006, -0.049, 0.04, 0].map((value) => fixed(value, 1))).toEqual(["0.0", "0.0", "0.0", "0.0", "0.0"]);
    expect(fixed(-0.4, 0)).toBe("0");
  });

  it("keeps the sign of what is left", () => {
    expect([-0.05, -1.25, 7].map((value) => fixed(value, 1))).toEqual(["-0.1", "-1.3", "7.0"]);
    expect([-1.2, -0.01, 0, 0.04, 0.06].map((value) => signed(value, 1))).toEqual(["-1.2", "0.0", "0.0", "0.0", "+0.1"]);
  });

  it("is the only place that rounds for the screen", () => {
    const root = join(import.meta.dirname, "..");
    const files = readdirSync(root, { recursive: true, encoding: "utf-8" }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"));
    const rounding = files.filter((name) => readFileSync(join(root, name), "utf-8").includes(".toFixed("));
    expect(rounding).toEqual([join("parts", "figures.ts")]);
  });
});
