import { describe, expect, it } from "vitest";
import { caseQueryOf, noCaseFilters, readCaseFilters, readViews, withView, writeCaseFilters } from "./filters";

describe("filters of cases", () => {
  it("survive the address", () => {
    const filters = { states: ["exported", "closed"] as const, violation: "ILLEGAL_AD" as const, camera: "c-1", from: "2026-11-01", to: "2026-11-30" };
    expect(readCaseFilters(writeCaseFilters(filters))).toEqual(filters);
    expect(readCaseFilters(new URLSearchParams())).toEqual(noCaseFilters);
  });

  it("ignore what nobody could have chosen", () => {
    expect(readCaseFilters(new URLSearchParams("state=burnt&violation=X&from=yesterday&to=2026-13-99"))).toEqual(noCaseFilters);
  });

  it("include the last day whole", () => {
    const { created_from, created_before } = caseQueryOf({ ...noCaseFilters, from: "2026-11-01", to: "2026-11-01" });
    expect(Date.parse(created_before ?? "") - Date.parse(created_from ?? "")).toBe(24 * 3600 * 1000);
  });
});

describe("saved views", () => {
  it("replace one of the same name, and are bounded", () => {
    expect(withView([{ name: "a", search: "x=1" }], { name: "a", search: "x=2" })).toEqual([{ name: "a", search: "x=2" }]);
    const many = Array.from({ length: 40 }, (_, index) => ({ name: String(index), search: "" }));
    expect(withView(many, { name: "new", search: "" })).toHaveLength(30);
  });

  it("read nothing from what is no list", () => {
    expect(readViews(() => "{")).toEqual([]);
    expect(readViews(() => '[1, {"name": 2}]')).toEqual([]);
  });
});
