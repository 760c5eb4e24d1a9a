// Which cameras are wanted; the filter lives in the page's address, so that it can be sent on.

import { healthStates, type HealthState } from "./health";
import type { CameraSummary } from "./queries";

export interface CameraFilter {
  text: string;
  area: string | null; // path of a node: it and all below
  box: string | null; // "-": those on no box
  state: HealthState | null;
  retired: boolean;
}

export function readFilter(params: URLSearchParams): CameraFilter {
  return {
    text: params.get("text") ?? "",
    area: params.get("area"),
    box: params.get("box"),
    state: healthStates.find((state) => state === params.get("state")) ?? null,
    retired: params.get("retired") === "1",
  };
}

export function isWanted(camera: CameraSummary, state: HealthState, filter: CameraFilter): boolean {
  const text = filter.text.trim().toLowerCase();
  const words = [camera.id, camera.name, camera.place, camera.gb28181_id ?? ""].join(" ").toLowerCase();
  return (
    words.includes(text) &&
    (filter.area === null || camera.organisation_path.startsWith(filter.area)) &&
    (filter.box === null || (camera.registration.box_id ?? "-") === filter.box) &&
    (filter.state === null || state === filter.state)
  );
}
