import { describe, expect, it } from "vitest";
import { isWebAddress } from "./webAddress";

describe("isWebAddress", () => {
  it.each([
    ["https://cases.example.org/hook", true],
    ["http://10.0.0.8:9/nobody", true],
    ["http://办案.example/接收", true],
    ["ftp://example.org", false],
    ["javascript:alert(1)", false],
    ["example.org", false],
    ["", false],
  ])("%s: %s", (text, isOne) => {
    expect(isWebAddress(text)).toBe(isOne);
  });
});
