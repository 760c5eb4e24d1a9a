// A camera's view as the core keeps it: names and zones. The API hands it on as plain JSON.

import { problemOfPolygon, type Polygon, type PolygonProblem } from "./polygon";
import { weekdays, type WeeklyWindow } from "./week";

export const zoneKinds = [
  "no_vending", "permitted", "ad_surface", "permitted_ad", "site", "road", "sensitive", "privacy_mask",
] as const;

export type ZoneKind = (typeof zoneKinds)[number];

export const businesses = ["food", "goods", "produce", "repair"] as const;

export type Business = (typeof businesses)[number];

export interface Zone {
  id: string;
  kind: ZoneKind;
  polygon: Polygon;
  name: string;
  windows: readonly WeeklyWindow[]; // none: at all hours
  valid_from: string | null; // first local day
  valid_to: string | null; // last local day
  business: readonly Business[]; // none: any kind
  capacity: number | null;
  document: string;
}

export interface CameraSettings {
  id: string;
  name: string;
  place: string;
  timezone: string;
  gb28181_id: string | null;
  zones: readonly Zone[];
}

type Json = Record<string, unknown>;

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

function pointsOf(value: unknown): Polygon {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) =>
    Array.isArray(pair) && typeof pair[0] === "number" && typeof pair[1] === "number" ? [[pair[0], pair[1]] as const] : [],
  );
}

function windowsFrom(value: unknown): WeeklyWindow[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJson).map((window) => ({
    days: weekdays.filter((day) => Array.isArray(window["days"]) && window["days"].includes(day)),
    from: text(window["from"]),
    to: text(window["to"]),
  }));
}

function zoneFrom(value: Json): Zone {
  const kind = zoneKinds.find((one) => one === value["kind"]) ?? "no_vending";
  const named = Array.isArray(value["business"]) ? value["business"] : [];
  return {
    id: text(value["id"]),
    kind,
    polygon: pointsOf(value["polygon"]),
    name: text(value["name"]),
    windows: windowsFrom(value["windows"]),
    valid_from: textOrNull(value["valid_from"]),
    valid_to: textOrNull(value["valid_to"]),
    business: businesses.filter((one) => named.includes(one)),
    capacity: typeof value["capacity"] === "number" ? value["capacity"] : null,
    document: text(value["document"]),
  };
}

/** The core's JSON with every field there; a camera without a version has but its id. */
export function settingsFrom(id: string, value: Json | null | undefined): CameraSettings {
  const zones = Array.isArray(value?.["zones"]) ? value["zones"].filter(isJson) : [];
  return {
    id,
    name: text(value?.["name"]),
    place: text(value?.["place"]),
    timezone: text(value?.["timezone"]) || "Asia/Shanghai",
    gb28181_id: textOrNull(value?.["gb28181_id"]),
    zones: zones.map(zoneFrom),
  };
}

/** An id that no zone of the view has yet; candidates and logs name zones by it. */
export function freeZoneId(zones: readonly Zone[], kind: ZoneKind): string {
  const taken = new Set(zones.map((zone) => zone.id));
  for (let number = 1; ; number += 1) {
    const id = `${kind.replaceAll("_", "-")}-${number}`;
    if (!taken.has(id)) return id;
  }
}

export function newZone(zones: readonly Zone[], kind: ZoneKind, polygon: Polygon): Zone {
  return {
    id: freeZoneId(zones, kind), kind, polygon, name: "", windows: [], valid_from: null, valid_to: null, business: [],
    capacity: null, document: "",
  };
}

export type ZoneProblem =
  | PolygonProblem
  | { code: "noDocument" }
  | { code: "datesSwapped" }
  | { code: "noHours" };

/** Why a zone cannot be saved, the first reason; `noHours`: hours were wanted and none are painted. */
export function problemOfZone(zone: Zone, hoursAreWanted = false): ZoneProblem | null {
  const shape = problemOfPolygon(zone.polygon);
  if (shape) return shape;
  if (zone.kind === "permitted" && !zone.document.trim()) return { code: "noDocument" };
  if (zone.valid_from && zone.valid_to && zone.valid_to < zone.valid_from) return { code: "datesSwapped" };
  if (hoursAreWanted && zone.windows.length === 0) return { code: "noHours" };
  return null;
}

export const MAX_ZONES = 100; // as the API's bound

/** Twenty digits, as GB/T 28181 has it, or nothing. */
export const isGb28181 = (id: string | null): boolean => id === null || /^\d{20}$/.test(id);
