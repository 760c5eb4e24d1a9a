// What differs between two versions of a view, for lists and for the picture.

import { changedFields } from "./merge";
import type { CameraSettings, Zone } from "./settings";

export interface ZoneDifference {
  id: string;
  before: Zone | undefined;
  after: Zone | undefined;
  fields: (keyof Zone)[]; // empty where the zone was added or removed
}

export interface ViewDifference {
  fields: ("name" | "place" | "timezone" | "gb28181_id")[];
  zones: ZoneDifference[];
}

export function differenceOf(before: CameraSettings | null, after: CameraSettings): ViewDifference {
  const old = new Map(before?.zones.map((zone) => [zone.id, zone]));
  const present = new Map(after.zones.map((zone) => [zone.id, zone]));
  const zones = [...new Set([...old.keys(), ...present.keys()])].flatMap((id): ZoneDifference[] => {
    const [was, is] = [old.get(id), present.get(id)];
    const fields = changedFields(was, is);
    return was && is && fields.length === 0 ? [] : [{ id, before: was, after: is, fields }];
  });
  const fields = (["name", "place", "timezone", "gb28181_id"] as const).filter((field) =>
    before ? before[field] !== after[field] : Boolean(after[field]));
  return { fields, zones };
}
