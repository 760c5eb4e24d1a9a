import { describe, expect, it } from "vitest";
import { beforeAfterOf, clipOf, pairOf, picturesOf } from "./pictures";
import { firstStage, stageReducer } from "./stage";
import type { EvidenceItem } from "./types";

const item = (role: string, more: Partial<EvidenceItem> = {}): EvidenceItem =>
  ({
    role, name: `${role}.redacted.jpg`, derived_from: `${role}.jpg`, is_redacted: true, is_original: false, kind: "redacted",
    media_type: "image/jpeg", sha256: role, size_bytes: 10, captured_at: "2026-11-21T00:00:00Z", url: `/x/${role}`, ...more,
  }) as EvidenceItem;
const original = (role: string) =>
  item(role, { name: `${role}.jpg`, derived_from: null, is_redacted: false, is_original: true, url: null });
const vending = picturesOf(["close_up", "latest", "first", "later"].flatMap((role) => [original(role), item(role)]));
const spill = picturesOf(["after", "before", "overall", "spill"].map((role) => item(role)));

describe("pictures", () => {
  it("stand in the order of the act, each role once, close-ups last", () => {
    expect(vending.map((one) => one.role)).toEqual(["first", "later", "latest", "close_up"]);
    expect(vending.map((one) => one.isWhole)).toEqual([true, true, true, false]);
    expect(vending[0]?.original).toBe("first.jpg");
  });

  it("name an original that has no copy, without an address", () => {
    expect(picturesOf([original("plate")])[0]).toMatchObject({ role: "plate", file: null, original: "plate.jpg" });
  });

  it("are paired by what the violation needs", () => {
    expect(pairOf("STREET_VENDING", vending)).toEqual([0, 2]);
    expect(pairOf("MUCK_TRUCK_SPILL", spill)).toEqual([0, 2]);
    expect(pairOf("ILLEGAL_AD", [])).toEqual([0, 0]);
    expect(beforeAfterOf(spill)).toEqual([0, 2]);
    expect(beforeAfterOf(spill.slice(1, 2))).toBeNull();
  });

  it("prefer a redacted clip to the original", () => {
    const clip = item("clip", { name: "clip.mp4", media_type: "video/mp4", is_redacted: false, url: null });
    const copy = item("clip", { name: "clip.redacted.mp4", media_type: "video/mp4" });
    expect(clipOf([clip, copy])).toMatchObject({ name: "clip.redacted.mp4", isOriginal: false });
    expect(clipOf([clip])).toMatchObject({ isOriginal: true, file: null });
    expect(clipOf([])).toBeNull();
  });
});

describe("the stage", () => {
  const open = stageReducer(firstStage, { do: "open", violation: "STREET_VENDING", pictures: vending });

  it("opens with the pair, whole, and keeps how somebody likes to look", () => {
    expect(open).toMatchObject({ mode: "pair", left: 0, right: 2 });
    const row = stageReducer(open, { do: "cycle", count: 4 });
    expect(row.mode).toBe("row");
    expect(stageReducer(row, { do: "open", violation: "MUCK_TRUCK_SPILL", pictures: spill }).mode).toBe("row");
  });

  it("goes round the ways to look; two pictures have no row", () => {
    expect(stageReducer(open, { do: "cycle", count: 2 }).mode).toBe("single");
  });

  it("slides between before and after, and back", () => {
    const slid = stageReducer(open, { do: "slider", pictures: spill });
    expect(slid).toMatchObject({ mode: "slider", left: 0, right: 2 });
    expect(stageReducer(slid, { do: "slider", pictures: spill }).mode).toBe("pair");
    expect(stageReducer(open, { do: "slider", pictures: [] })).toBe(open);
  });

  it("zooms to the subject and back", () => {
    const near = stageReducer(open, { do: "zoom", box: [0.4, 0.4, 0.5, 0.5] });
    expect(near.view.zoom).toBeGreaterThan(2);
    expect(stageReducer(near, { do: "zoom", box: [0.4, 0.4, 0.5, 0.5] }).view.zoom).toBe(1);
  });

  it("leaves the clip when a picture is chosen", () => {
    const clip = stageReducer(open, { do: "mode", mode: "clip" });
    expect(stageReducer(clip, { do: "choose", index: 1 })).toMatchObject({ mode: "pair", right: 1 });
    expect(stageReducer(open, { do: "choose", index: 1, side: "left" })).toMatchObject({ left: 1, right: 2 });
  });
});
