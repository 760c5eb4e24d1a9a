import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { noTicks, obstaclesToConfirm, type Facts } from "./obstacles";
import type { CandidateDetail } from "./types";

const all = { authentic: true, clear: true, complete: true, accurate: true };
const facts = (more: Partial<Facts> = {}, detail: Partial<CandidateDetail> = {}): Facts => ({
  detail: { obstacles: [], integrity_problem: null, ...detail } as CandidateDetail,
  claim: { is: "mine", version: 2, until: 1 }, ticks: all, broken: [], onItsWay: false, ...more,
});
const codes = (of: Facts) => obstaclesToConfirm(of).map((one) => one.code);

describe("what keeps from confirming", () => {
  it("is nothing when all is ticked, held and whole", () => {
    expect(codes(facts())).toEqual([]);
  });

  it("is not a claim that is just being taken: the decision waits for it", () => {
    expect(codes(facts({ claim: { is: "claiming" } }))).toEqual([]);
  });

  it("names the checks that are missing", () => {
    expect(obstaclesToConfirm(facts({ ticks: { ...noTicks, clear: true } }))).toEqual([
      { code: "check", names: ["authentic", "complete", "accurate"] },
    ]);
  });

  it("is a picture that is missing or not as signed", () => {
    expect(obstaclesToConfirm(facts({ broken: ["latest"] }))).toEqual([{ code: "picture", names: ["latest"] }]);
  });

  it("is frozen evidence, with what was found", () => {
    expect(obstaclesToConfirm(facts({}, { obstacles: ["integrity_frozen"], integrity_problem: "first.jpg: differs" }))).toEqual([
      { code: "integrity_frozen", problem: "first.jpg: differs" },
    ]);
  });

  it("is a colleague's claim, a missing role, a decision under way", () => {
    expect(codes(facts({ claim: { is: "other", name: "Li", until: null } }))).toEqual(["claimed"]);
    expect(codes(facts({}, { obstacles: ["stage_role_missing"] }))).toEqual(["stage_role_missing"]);
    expect(codes(facts({ onItsWay: true }))).toEqual(["decided"]);
  });

  it("is a claim that was refused, but not one that got no answer", () => {
    const refused = new Problem({ status: 409, title: "", detail: "", code: "too_many_claims" });
    expect(codes(facts({ claim: { is: "failed", problem: refused } }))).toEqual(["claim_failed"]);
    const away = new Problem({ status: 503, title: "", detail: "", code: "api_away" });
    expect(codes(facts({ claim: { is: "failed", problem: away } }))).toEqual([]);
    const loggedOut = new Problem({ status: 401, title: "", detail: "", code: "session_unknown" });
    expect(codes(facts({ claim: { is: "failed", problem: loggedOut } }))).toEqual([]);
  });
});
