import { describe, expect, it } from "vitest";
import { canonicalJson, digestOf } from "./canonical";

describe("canonical JSON", () => {
  it("sorts names at every depth and leaves lists in order", () => {
    expect(canonicalJson({ b: [{ z: 1, a: null }, true], a: "证据\n\"1\"", Z: 10 })).toBe('{"Z":10,"a":"证据\\n\\"1\\"","b":[{"a":null,"z":1},true]}');
  });

  it("gives the digest that the centre gives", async () => {
    // python: hashlib.sha256(canonical_json({"b": 1, "a": "凭证"})).hexdigest()
    expect(await digestOf({ b: 1, a: "凭证" })).toBe("c7a65491190528a17198457ed47f60ffdfa13b838495ce5aca50985e83a3191e");
  });
});
