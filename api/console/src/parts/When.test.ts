import { describe, expect, it } from "vitest";
import { formatSpan } from "./When";

describe("formatSpan", () => {
  it.each([
    [0, "en", "0 s"],
    [372, "zh-CN", "6 分 12 秒"],
    [372, "en", "6 min 12 s"],
    [3600, "en", "1 h"],
    [7385, "en", "2 h 3 min"],
    [-5, "en", "0 s"],
  ])("says %d seconds in %s", (seconds, language, said) => {
    expect(formatSpan(seconds, language)).toBe(said);
  });

  it.each([
    [42, "en", "42 s"],
    [372, "zh-CN", "6 分"],
    [7385, "en", "2 h"],
    [400_000, "zh-CN", "5 天"],
  ])("says %d seconds briefly in %s", (seconds, language, said) => {
    expect(formatSpan(seconds, language, "short")).toBe(said);
  });
});
