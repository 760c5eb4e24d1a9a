// A view under change: zones in and out, what keeps it from being saved, and its copy in the browser.

import type { Polygon } from "../polygon";
import {
  isGb28181, MAX_ZONES, newZone, problemOfZone, type CameraSettings, type Zone, type ZoneKind, type ZoneProblem,
} from "../settings";

export interface Draft {
  settings: CameraSettings;
  inHours: readonly string[]; // ids of zones that are open in painted hours, even while none is painted
}

export const draftOf = (settings: CameraSettings): Draft => ({
  settings,
  inHours: settings.zones.filter((zone) => zone.windows.length > 0).map((zone) => zone.id),
});

export function withZone(draft: Draft, id: string, change: Partial<Zone>): Draft {
  const zones = draft.settings.zones.map((zone) => (zone.id === id ? { ...zone, ...change } : zone));
  return { ...draft, settings: { ...draft.settings, zones } };
}

export function withNewZone(draft: Draft, kind: ZoneKind, polygon: Polygon): { draft: Draft; id: string } {
  const zone = newZone(draft.settings.zones, kind, polygon);
  return { draft: { ...draft, settings: { ...draft.settings, zones: [...draft.settings.zones, zone] } }, id: zone.id };
}

export function withoutZone(draft: Draft, id: string): Draft {
  const zones = draft.settings.zones.filter((zone) => zone.id !== id);
  return { settings: { ...draft.settings, zones }, inHours: draft.inHours.filter((one) => one !== id) };
}

export function withHours(draft: Draft, id: string, inHours: boolean): Draft {
  const others = draft.inHours.filter((one) => one !== id);
  if (inHours) return { ...draft, inHours: [...others, id] };
  return { ...withZone(draft, id, { windows: [] }), inHours: others };
}

/** What keeps each zone from being saved, by its id. */
export function problemsOf(draft: Draft): Map<string, ZoneProblem> {
  const found = new Map<string, ZoneProblem>();
  for (const zone of draft.settings.zones) {
    const problem = problemOfZone(zone, draft.inHours.includes(zone.id));
    if (problem) found.set(zone.id, problem);
  }
  return found;
}

export function canBeSaved(draft: Draft): boolean {
  const { settings } = draft;
  return problemsOf(draft).size === 0 && isGb28181(settings.gb28181_id) && settings.zones.length <= MAX_ZONES;
}

export const isSameView = (a: CameraSettings, b: CameraSettings): boolean => JSON.stringify(a) === JSON.stringify(b);

interface Kept {
  basedOn: number;
  draft: Draft;
}

const keyOf = (cameraId: string) => `streetcase.zones.${cameraId}`;

/** Keeps an unsaved draft while the tab lives: a reload or a wrong click loses nothing. */
export function keep(cameraId: string, kept: Kept | null): void {
  try {
    if (kept) sessionStorage.setItem(keyOf(cameraId), JSON.stringify(kept));
    else sessionStorage.removeItem(keyOf(cameraId));
  } catch {
    // storage is refused or full; the draft still lives in the page
  }
}

export function kept(cameraId: string): Kept | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(keyOf(cameraId)) ?? "null");
    if (typeof value !== "object" || value === null || !("draft" in value) || !("basedOn" in value)) return null;
    return value as Kept;
  } catch {
    return null;
  }
}
