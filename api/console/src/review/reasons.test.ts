import { describe, expect, it } from "vitest";
import { review as zh } from "../words/zh/review";
import { review as en } from "../words/en/review";
import { foundReasons, rejectReasons } from "./reasons";

const chinese = (code: keyof typeof zh.decide.reason) => zh.decide.reason[code];
const english = (code: keyof typeof en.decide.reason) => en.decide.reason[code];

describe("reject reasons", () => {
  it("have a letter of their own each", () => {
    expect(new Set(rejectReasons.map((one) => one.letter)).size).toBe(rejectReasons.length);
  });

  it.each(rejectReasons.map((one) => [one.letter, one.code] as const))("are found first by letter %s", (letter, code) => {
    expect(foundReasons(letter, chinese)[0]?.code).toBe(code);
    expect(foundReasons(letter, english)[0]?.code).toBe(code);
  });

  it.each([
    ["雾炮", "mitigation_water_mist"],
    ["wpsw", "mitigation_water_mist"],
    ["mohu", undefined],
    ["模糊", "blurry"],
  ])("are found in Chinese by %s", (typed, code) => {
    expect(foundReasons(typed, chinese)[0]?.code).toBe(code);
  });

  it.each([
    ["weat", "weather"],
    ["perm", "permitted_zone"],
    ["KIDS", undefined],
    ["inside", "inside_premises"],
  ])("are found in English by %s", (typed, code) => {
    expect(foundReasons(typed, english)[0]?.code).toBe(code);
  });

  it("are all there when nothing is typed", () => {
    expect(foundReasons("  ", english)).toHaveLength(rejectReasons.length);
  });
});
