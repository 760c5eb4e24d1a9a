import { describe, expect, it } from "vitest";
import { actions, wireAction } from "./auditWords";

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
