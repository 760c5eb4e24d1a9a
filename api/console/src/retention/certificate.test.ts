import { describe, expect, it } from "vitest";
import { factsOf } from "./certificate";

describe("a deletion's certificate", () => {
  it("says what went and what stayed", () => {
    const facts = factsOf({
      period_days: 30, period_began_at: "2026-01-01T00:00:00+00:00", candidate: { number: 7 }, case: null,
      files: [{ sha256: "ab", size_bytes: 12, items: [{ update: 0, name: "items/first.jpg" }] }],
      kept: [{ sha256: "cd", reason: "locked" }],
    });
    expect(facts).toEqual({
      periodDays: 30, periodBeganAt: "2026-01-01T00:00:00+00:00", candidate: 7, case: null,
      files: [{ sha256: "ab", sizeBytes: 12, names: ["items/first.jpg"] }], kept: [{ sha256: "cd", reason: "locked" }],
    });
  });

  it("does without what a newer centre leaves out", () => {
    expect(factsOf({ files: "many" })).toEqual({ periodDays: null, periodBeganAt: null, candidate: null, case: null, files: [], kept: [] });
  });
});
