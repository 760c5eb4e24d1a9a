// The layer over the pictures: the subject's box and the camera's zones as they were then.

import type { Shape } from "../viewer/PictureFrame";
import type { CandidateDetail } from "./types";

type Corner = [number, number];

const isCorner = (value: unknown): value is Corner =>
  Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === "number");

/** Zones of a camera's settings; what does not look like one is left out. */
export function zonesOf(settings: Record<string, unknown>): readonly { id: string; kind: string; name: string; polygon: Corner[] }[] {
  const { zones } = settings;
  if (!Array.isArray(zones)) return [];
  return zones.flatMap((zone: unknown) => {
    if (typeof zone !== "object" || zone === null) return [];
    const { id, kind, name, polygon } = zone as Record<string, unknown>;
    if (typeof id !== "string" || !Array.isArray(polygon) || !polygon.every(isCorner)) return [];
    return [{ id, kind: String(kind ?? ""), name: String(name ?? ""), polygon }];
  });
}

/** Only what speaks to this candidate: its own zone, where vending is permitted, and masks. */
export function shapesOf(detail: CandidateDetail): readonly Shape[] {
  const zones = zonesOf(detail.camera.settings);
  const shown = zones.filter((zone) => zone.id === detail.zone_id || zone.kind === "privacy_mask" || zone.kind === "permitted");
  return [
    ...shown.map((zone): Shape => ({
      id: zone.id, kind: zone.kind === "privacy_mask" ? "mask" : zone.kind === "permitted" ? "permitted" : "zone",
      polygon: zone.polygon, label: zone.name || zone.id,
    })),
    { id: "subject", kind: "subject", box: detail.box },
  ];
}
