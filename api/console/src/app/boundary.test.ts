import { expect, test } from "vitest";
import { faultOf } from "./Boundary";

test("a part of the pages that is gone is told from a fault of ours", () => {
  expect(faultOf(new TypeError("Failed to fetch dynamically imported module: http://x/assets/CasesPages-1.js"))).toBe("stale-build");
  expect(faultOf(new TypeError("Importing a module script failed."))).toBe("stale-build"); // Safari
  expect(faultOf(new TypeError("error loading dynamically imported module: /assets/a.js"))).toBe("stale-build"); // Firefox
  expect(faultOf(new TypeError("Cannot read properties of undefined"))).toBe("fault");
  expect(faultOf("thrown text")).toBe("fault");
});
