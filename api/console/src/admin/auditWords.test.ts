import { describe, expect, it } from "vitest";
import { actions, actorText, wireAction } from "./auditWords";

describe("actions of the log", () => {
  it.each([
    ["camera_gate_ended", "camera.gate_ended"],
    ["access_register_exported", "access_register.exported"],
    ["evidence_basis_created", "evidence_basis.created"],
    ["machine_token_revoked", "machine_token.revoked"],
    ["audit_exported", "audit.exported"],
  ])("%s is %s on the wire", (key, wire) => {
    expect(wireAction(key)).toBe(wire);
    expect(actions).toContain(wire);
  });
});

describe("who did it", () => {
  const t = ((key: string) => key) as unknown as Parameters<typeof actorText>[1];

  it("names the centre's programs in words and everybody else as they are called", () => {
    expect(actorText({ actor_kind: "system", actor_name: "settlement" }, t)).toBe("audit.program.settlement");
    expect(actorText({ actor_kind: "system", actor_name: "newer" }, t)).toBe("newer");
    expect(actorText({ actor_kind: "user", actor_name: "login" }, t)).toBe("login");
  });
});
