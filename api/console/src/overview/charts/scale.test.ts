import { expect, test } from "vitest";
import { fitted, labelStep, stepOf, textWidth, ticksOf } from "./scale";

test("ticks are round, begin at nothing and reach the most", () => {
  expect(ticksOf(0)).toEqual([0, 1]);
  expect(ticksOf(2)).toEqual([0, 1, 2]);
  expect(ticksOf(15)).toEqual([0, 5, 10, 15]);
  expect(ticksOf(1234)).toEqual([0, 500, 1000, 1500]);
});

test("ticks of counts are whole numbers", () => {
  for (const most of [1, 3, 7, 19, 101]) for (const tick of ticksOf(most)) expect(Number.isInteger(tick)).toBe(true);
});

test("labels leave room for each other", () => {
  expect(labelStep(["11-18 16", "11-18 17"], 200)).toBe(1);
  expect(labelStep(["11-18 16", "11-18 17"], 20)).toBe(Math.ceil((textWidth("11-18 16") + 10) / 20));
  expect(labelStep([], 20)).toBe(1);
});

test("a text that is too long is cut and says so", () => {
  expect(fitted("前门东路", 100)).toBe("前门东路");
  expect(fitted("城建三期 东门 · 工地扬尘", 60).endsWith("…")).toBe(true);
  expect(textWidth(fitted("城建三期 东门 · 工地扬尘", 60))).toBeLessThanOrEqual(60);
});

test("nothing alone has the lightest step, the most the darkest", () => {
  expect(stepOf(0, 100, 5)).toBe(0);
  expect(stepOf(1, 100, 5)).toBe(1);
  expect(stepOf(100, 100, 5)).toBe(4);
  expect(stepOf(1, 1, 5)).toBe(4);
});
