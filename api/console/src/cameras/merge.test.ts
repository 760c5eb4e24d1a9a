import { describe, expect, it } from "vitest";
import { changedFields, merged, mergeItems } from "./merge";
import { freeZoneId, newZone, problemOfZone, settingsFrom, type CameraSettings, type Zone } from "./settings";

const corners = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]];
const zone = (id: string, more: Record<string, unknown> = {}) => ({ id, kind: "no_vending", polygon: corners, ...more });
const view = (...zones: Record<string, unknown>[]): CameraSettings =>
  settingsFrom("gate-1", { id: "gate-1", name: "东门", timezone: "Asia/Shanghai", zones });
const find = (settings: CameraSettings | null, id: string): Zone | undefined => settings?.zones.find((one) => one.id === id);

describe("reading settings", () => {
  it("fills what is left out, and bears what it does not know", () => {
    expect(settingsFrom("new", null)).toEqual({
      id: "new", name: "", place: "", timezone: "Asia/Shanghai", gb28181_id: null, zones: [],
    });
    const [odd] = view({ id: "z", kind: "lake", polygon: "here", windows: [{ days: ["mon"], from: "08:00:00", to: "09:00:00" }] }).zones;
    expect(odd?.polygon).toEqual([]);
    expect(odd?.windows).toEqual([{ days: ["mon"], from: "08:00:00", to: "09:00:00" }]);
  });

  it("gives new zones ids of their own", () => {
    const { zones } = view(zone("no-vending-1"), zone("no-vending-3"));
    expect(freeZoneId(zones, "no_vending")).toBe("no-vending-2");
    expect(newZone(zones, "privacy_mask", []).id).toBe("privacy-mask-1");
  });

  it("says why a zone cannot be saved", () => {
    const whole = newZone([], "permitted", corners as unknown as Zone["polygon"]);
    expect(problemOfZone(whole)).toEqual({ code: "noDocument" });
    const permit = { ...whole, document: "1号" };
    expect(problemOfZone(permit)).toBeNull();
    expect(problemOfZone(permit, true)).toEqual({ code: "noHours" });
    expect(problemOfZone({ ...permit, valid_from: "2026-02-01", valid_to: "2026-01-31" })).toEqual({ code: "datesSwapped" });
    expect(problemOfZone({ ...permit, polygon: [] })).toEqual({ code: "tooFew", corners: 0 });
  });
});

describe("merging", () => {
  const base = view(zone("kerb"), zone("wall", { kind: "ad_surface" }), zone("gone"));

  it("takes what only one changed, without asking", () => {
    const mine = { ...view(zone("kerb", { name: "路沿" }), zone("wall", { kind: "ad_surface" }), zone("gone"), zone("mine")), name: "东门 2" };
    const theirs = view(zone("kerb"), zone("wall", { kind: "ad_surface", name: "墙" }), zone("theirs"));
    const items = mergeItems(base, mine, theirs);
    expect(items.map((item) => [item.key, item.changedBy])).toEqual([
      ["name", "mine"], ["zone:kerb", "mine"], ["zone:wall", "theirs"], ["zone:gone", "theirs"], ["zone:mine", "mine"],
      ["zone:theirs", "theirs"],
    ]);
    const result = merged(mine, theirs, items, {});
    expect(result?.name).toBe("东门 2");
    expect(result?.zones.map((one) => one.id)).toEqual(["kerb", "wall", "theirs", "mine"]);
    expect(find(result, "kerb")?.name).toBe("路沿");
    expect(find(result, "wall")?.name).toBe("墙");
  });

  it("waits for a choice where both changed the same", () => {
    const mine = view(zone("kerb", { name: "甲" }), zone("wall", { kind: "ad_surface" }), zone("gone"));
    const theirs = view(zone("kerb", { name: "乙" }), zone("wall", { kind: "ad_surface" }), zone("gone"));
    const items = mergeItems(base, mine, theirs);
    expect(items).toHaveLength(1);
    expect(merged(mine, theirs, items, {})).toBeNull();
    expect(find(merged(mine, theirs, items, { "zone:kerb": "mine" }), "kerb")?.name).toBe("甲");
    expect(find(merged(mine, theirs, items, { "zone:kerb": "theirs" }), "kerb")?.name).toBe("乙");
  });

  it("lets a removal stand against a change only when it is chosen", () => {
    const mine = view(zone("wall", { kind: "ad_surface" }), zone("gone"));
    const theirs = view(zone("kerb", { name: "乙" }), zone("wall", { kind: "ad_surface" }), zone("gone"));
    const items = mergeItems(base, mine, theirs);
    expect(items.map((item) => item.changedBy)).toEqual(["both"]);
    expect(find(merged(mine, theirs, items, { "zone:kerb": "mine" }), "kerb")).toBeUndefined();
    expect(find(merged(mine, theirs, items, { "zone:kerb": "theirs" }), "kerb")?.name).toBe("乙");
  });

  it("finds nothing where both did the same", () => {
    const same = view(zone("kerb", { name: "甲" }), zone("wall", { kind: "ad_surface" }), zone("gone"));
    expect(mergeItems(base, same, same)).toEqual([]);
    expect(changedFields(base.zones[0], same.zones[0])).toEqual(["name"]);
  });
});
