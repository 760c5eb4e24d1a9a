import { describe, expect, it } from "vitest";
import { healthOf, healthyShare, type Box, type CameraStatus } from "./health";

const NOW = Date.parse("2026-11-23T02:00:00Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

function camera(more: Partial<CameraStatus>): CameraStatus {
  return { camera_id: "gate-1", state: "running", since: ago(900), last_frame_at: ago(2), view: "ok", ...more } as CameraStatus;
}

function box(status: CameraStatus | null, more: Partial<Box> = {}): Box {
  return {
    id: "box-1", seen_at: ago(20), revoked_at: null,
    status: status ? { cameras: [status], sent_at: ago(20) } : null, ...more,
  } as unknown as Box;
}

describe("healthOf", () => {
  it.each<[string, Box | undefined, string]>([
    ["no box", undefined, "unknown"],
    ["a box that has said nothing yet", box(null), "unknown"],
    ["a camera that its box does not know", box(camera({ camera_id: "other" })), "unknown"],
    ["running", box(camera({})), "live"],
    ["still learning its view", box(camera({ view: "learning" })), "live"],
    ["moved", box(camera({ view: "moved" })), "view"],
    ["frames stopped", box(camera({ last_frame_at: ago(61) })), "late"],
    ["no frame ever", box(camera({ last_frame_at: null })), "late"],
    ["waiting for another try", box(camera({ state: "backing_off" })), "down"],
    ["switched off", box(camera({ state: "disabled" })), "paused"],
    ["silent box", box(camera({}), { seen_at: ago(151) }), "boxDown"],
    ["revoked box", box(camera({}), { revoked_at: ago(1) }), "boxDown"],
  ])("%s", (_, from, state) => {
    expect(healthOf("gate-1", from, NOW).state).toBe(state);
  });

  it("keeps what was known of a silent box", () => {
    const health = healthOf("gate-1", box(camera({ reason: "timed out" }), { seen_at: ago(600) }), NOW);
    expect(health).toMatchObject({ state: "boxDown", reason: "timed out", lastFrameAt: ago(2) });
  });

  it("counts the share without those that are switched off", () => {
    expect(healthyShare(["live", "live", "down", "paused", "unknown"])).toEqual({ healthy: 2, counted: 4 });
    expect(healthyShare([])).toEqual({ healthy: 0, counted: 0 });
  });
});
