import { describe, expect, it } from "vitest";
import { choicesIn, languageFor } from "./choices";

describe("languageFor", () => {
  it("takes the first language of the browser that the console has", () => {
    expect(languageFor(["zh-CN", "en"])).toBe("zh-CN");
    expect(languageFor(["en-GB", "zh-CN"])).toBe("en");
    expect(languageFor(["de-DE", "en-US", "zh"])).toBe("en");
    expect(languageFor(["EN"])).toBe("en");
  });

  it("reads Chinese of every region and script as Chinese", () => {
    expect(["zh", "zh-TW", "zh-Hant-HK", "ZH-hans"].map((tag) => languageFor([tag, "en"]))).toEqual(Array(4).fill("zh-CN"));
  });

  it("is Chinese where nothing matches", () => {
    expect([[], ["de"], ["zhx", "enm"], [""]].map(languageFor)).toEqual(Array(4).fill("zh-CN"));
  });
});

describe("choicesIn", () => {
  it("reads only what somebody chose", () => {
    expect(choicesIn('{"language":"en"}')).toEqual({ language: "en" });
    expect(choicesIn('{"appearance":"dark","language":"zh-CN"}')).toEqual({ language: "zh-CN", appearance: "dark" });
  });

  it("takes what is damaged or old as no choice", () => {
    expect([null, "{}", "null", "3", '{"language":"fr","appearance":"system"}'].map(choicesIn)).toEqual(Array(5).fill({}));
  });
});
