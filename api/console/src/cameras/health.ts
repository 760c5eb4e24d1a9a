// How a camera is, from what its box last said of it.

import type { components } from "../api/schema";

export type Box = components["schemas"]["BoxView"];
export type CameraStatus = components["schemas"]["CameraStatus"];

export const healthStates = ["live", "view", "late", "down", "boxDown", "paused", "unknown"] as const;

export type HealthState = (typeof healthStates)[number];

export interface Health {
  state: HealthState;
  lastFrameAt: string | null;
  reason: string; // the box's own words
  view: string; // of the change witness: ok, learning, moved, blocked ...
}

// A box reports every minute; two missed reports and a half are no chance.
const BOX_SILENT_MS = 150_000;
// Keyframes come every few seconds; a picture this old is not live any more.
const FRAME_LATE_MS = 60_000;

// Changing light keeps the change witness from judging, not a person.
const GOOD_VIEWS = new Set(["", "ok", "learning", "unstable"]);

export function isBoxSilent(box: Box, now: number): boolean {
  return box.revoked_at !== null || box.seen_at === null || now - Date.parse(box.seen_at) > BOX_SILENT_MS;
}

function stateOf(status: CameraStatus, now: number): HealthState {
  switch (status.state) {
    case "disabled":
      return "paused";
    case "connecting":
    case "backing_off":
    case "stopped":
      return "down";
    case "running": {
      const age = status.last_frame_at ? now - Date.parse(status.last_frame_at) : Infinity;
      if (age > FRAME_LATE_MS) return "late";
      return GOOD_VIEWS.has(status.view ?? "") ? "live" : "view";
    }
  }
}

/** A camera without a box, or one its box does not speak of, is unknown rather than down. */
export function healthOf(cameraId: string, box: Box | undefined, now: number): Health {
  const status = box?.status?.cameras?.find((one) => one.camera_id === cameraId);
  const known = { lastFrameAt: status?.last_frame_at ?? null, reason: status?.reason ?? "", view: status?.view ?? "" };
  if (!box) return { ...known, state: "unknown" };
  if (isBoxSilent(box, now)) return { ...known, state: "boxDown" };
  return { ...known, state: status ? stateOf(status, now) : "unknown" };
}

/** Cameras that deliver a usable picture, of those that should (通视率). */
export function healthyShare(states: readonly HealthState[]): { healthy: number; counted: number } {
  const counted = states.filter((state) => state !== "paused");
  return { healthy: counted.filter((state) => state === "live").length, counted: counted.length };
}
