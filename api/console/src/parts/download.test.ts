import { describe, expect, it } from "vitest";
import { csvOf } from "./download";

describe("csvOf", () => {
  it("quotes what needs it, and only that", () => {
    expect(csvOf(["名称", "a,b"], [["say \"hi\"", 1.5], [null, "two\nlines"]])).toBe(
      '\ufeff名称,"a,b"\r\n"say ""hi""",1.5\r\n,"two\nlines"\r\n',
    );
  });

  it("never writes a formula", () => {
    expect(csvOf(["x"], [["=1+1"], ["-2"], [-2], ["@cmd"]])).toBe("\ufeffx\r\n'=1+1\r\n'-2\r\n-2\r\n'@cmd\r\n");
  });
});
