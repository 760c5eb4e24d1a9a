import { createInstance, type TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import { review as en } from "../words/en/review";
import { review as zh } from "../words/zh/review";
import { roleWord } from "./roles";

async function translator(words: typeof zh | typeof en): Promise<TFunction<"review">> {
  const i18n = createInstance();
  await i18n.init({ lng: "x", ns: ["review"], defaultNS: "review", resources: { x: { review: words } }, interpolation: { escapeValue: false } });
  return i18n.getFixedT("x", "review");
}

describe("the word of a picture's role", () => {
  it.each([
    ["after", "事后", "After"],
    ["close_up_source", "近景原图", "Close-up, uncut"],
    ["plate_source", "号牌原图", "Plate, uncut"],
    ["aerial", "aerial", "aerial"], // of a newer box
  ])("of %s is known in both languages", async (role, chinese, english) => {
    expect(roleWord(await translator(zh), role)).toBe(chinese);
    expect(roleWord(await translator(en), role)).toBe(english);
  });
});
