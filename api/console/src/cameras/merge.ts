// Two people changed the same version: what each changed, and where somebody has to choose.

import type { CameraSettings, Zone } from "./settings";

export type Side = "mine" | "theirs";

export interface MergeItem {
  key: string; // "name", "zone:kerb"
  zoneId: string | null;
  mine: unknown; // undefined: the zone is not there
  theirs: unknown;
  base: unknown;
  changedBy: Side | "both"; // "both" and different: to be chosen
}

const fields = ["name", "place", "timezone", "gb28181_id"] as const;

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function compared(key: string, zoneId: string | null, base: unknown, mine: unknown, theirs: unknown): MergeItem[] {
  const [mineChanged, theirsChanged] = [!isEqual(base, mine), !isEqual(base, theirs)];
  if ((!mineChanged && !theirsChanged) || isEqual(mine, theirs)) return [];
  const changedBy = mineChanged && theirsChanged ? "both" : mineChanged ? "mine" : "theirs";
  return [{ key, zoneId, mine, theirs, base, changedBy }];
}

const zoneOf = (settings: CameraSettings, id: string): Zone | undefined => settings.zones.find((zone) => zone.id === id);

/** What differs between my draft and the version that somebody else saved meanwhile. */
export function mergeItems(base: CameraSettings, mine: CameraSettings, theirs: CameraSettings): MergeItem[] {
  const ids = [...new Set([base, mine, theirs].flatMap((one) => one.zones.map((zone) => zone.id)))];
  return [
    ...fields.flatMap((field) => compared(field, null, base[field], mine[field], theirs[field])),
    ...ids.flatMap((id) => compared(`zone:${id}`, id, zoneOf(base, id), zoneOf(mine, id), zoneOf(theirs, id))),
  ];
}

/** The side each item takes when nobody chose: whoever changed it; none where both did. */
export function defaultSide(item: MergeItem): Side | null {
  return item.changedBy === "both" ? null : item.changedBy;
}

/** Their version with everything of mine that was chosen; null while a choice is missing. */
export function merged(
  mine: CameraSettings, theirs: CameraSettings, items: readonly MergeItem[], chosen: Readonly<Record<string, Side>>,
): CameraSettings | null {
  const sides = new Map<string, Side>();
  for (const item of items) {
    const side = chosen[item.key] ?? defaultSide(item);
    if (!side) return null;
    sides.set(item.key, side);
  }
  const takesMine = (key: string) => sides.get(key) === "mine";
  const result = { ...theirs };
  if (takesMine("name")) result.name = mine.name;
  if (takesMine("place")) result.place = mine.place;
  if (takesMine("timezone")) result.timezone = mine.timezone;
  if (takesMine("gb28181_id")) result.gb28181_id = mine.gb28181_id;
  const kept = theirs.zones.flatMap((zone) => {
    if (!takesMine(`zone:${zone.id}`)) return [zone];
    return zoneOf(mine, zone.id) ?? [];
  });
  const added = mine.zones.filter((zone) => !zoneOf(theirs, zone.id) && takesMine(`zone:${zone.id}`));
  return { ...result, zones: [...kept, ...added] };
}

/** Names of the fields in which two states of a zone differ. */
export function changedFields(before: Zone | undefined, after: Zone | undefined): (keyof Zone)[] {
  if (!before || !after) return [];
  return (Object.keys(after) as (keyof Zone)[]).filter((field) => !isEqual(before[field], after[field]));
}
