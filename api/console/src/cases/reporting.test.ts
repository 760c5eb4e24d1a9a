import { expect, test } from "vitest";
import { reportsFor } from "./reporting";

test("a person reports what both the case and the roles allow", () => {
  expect(reportsFor(["dispatcher"], ["returned", "correcting", "closed"])).toEqual(["returned", "correcting"]);
  expect(reportsFor(["operator", "street_team"], ["recheck", "closed"])).toEqual(["recheck", "closed"]);
  expect(reportsFor(["auditor", "supervisor"], ["returned", "closed"])).toEqual([]);
  expect(reportsFor(["operator"], [])).toEqual([]);
});
