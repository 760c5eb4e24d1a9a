// Zones drawn over a picture: colour and word by kind, masks hatched. Only looks; no hands.

import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { kindColours } from "../kinds";
import { labelPoint, type Polygon } from "../polygon";
import type { Zone } from "../settings";
import { zoneName } from "../words";
import { labelTops } from "./labelPlaces";

export const pointsText = (polygon: Polygon): string => polygon.map((point) => point.join(",")).join(" ");

export function Hatching() {
  return (
    <defs>
      <pattern id="mask-hatching" width="0.012" height="0.02" patternUnits="userSpaceOnUse" patternTransform="rotate(35)">
        <rect width="0.012" height="0.02" fill="#000" fillOpacity="0.62" />
        <rect width="0.004" height="0.02" fill="#fff" fillOpacity="0.55" />
      </pattern>
    </defs>
  );
}

interface ZoneShapeProps {
  zone: Zone;
  isSelected?: boolean;
  isBroken?: boolean;
  isFaint?: boolean;
}

export function ZoneShape({ zone, isSelected = false, isBroken = false, isFaint = false }: ZoneShapeProps) {
  const colour = kindColours[zone.kind];
  const isMask = zone.kind === "privacy_mask";
  const fill = isMask ? "url(#mask-hatching)" : colour;
  const points = pointsText(zone.polygon);
  return (
    <g opacity={isFaint ? 0.55 : 1}>
      {/* A dark line below keeps bright colours readable on bright pavement. */}
      <polygon points={points} fill="none" stroke="#000" strokeOpacity="0.6" strokeWidth={isSelected ? 5 : 3.500}
        vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
      <polygon points={points} fill={isFaint ? "none" : fill} fillOpacity={isMask ? 1 : isSelected ? 0.28 : 0.16}
        stroke={colour} strokeWidth={isSelected ? 3 : 1.800} vectorEffect="non-scaling-stroke" strokeLinejoin="round"
        {...(isBroken || isFaint ? { strokeDasharray: "6 5" } : {})} />
    </g>
  );
}

const LINE_PX = 24; // of names above each other

interface ZoneLabelsProps {
  zones: readonly Zone[];
  zoom: number;
  broken?: ReadonlyMap<string, unknown>;
  selectedId?: string | null;
}

/** The names alone, the kind where there is none: beside each other the full names would cover the street. */
export function ZoneLabels({ zones, zoom, broken, selectedId = null }: ZoneLabelsProps) {
  const { t } = useTranslation("cameras");
  const shortOf = (zone: Zone) => zone.name || t(`kind.${zone.kind}`);
  const tops = labelTops(zones.map((zone) => ({ id: zone.id, at: labelPoint(zone.polygon), text: shortOf(zone) })));
  return zones.map((zone) => {
    const scale = 1 / zoom; // the picture below is magnified, its names are not
    const style = {
      left: `${labelPoint(zone.polygon)[0] * 100}%`, top: tops.get(zone.id), transform: `translate(-50%, -50%) scale(${scale})`,
      borderColor: kindColours[zone.kind], "--line": `${LINE_PX * scale}px`,
    };
    return (
      <span key={zone.id} className="zone-label" aria-hidden="true" data-selected={zone.id === selectedId} style={style as CSSProperties}>
        {broken?.has(zone.id) && "⚠ "}{zone.id === selectedId ? zoneName(zone, t) : shortOf(zone)}
      </span>
    );
  });
}

export function ZoneLayer({ zones, zoom, faint = [] }: { zones: readonly Zone[]; zoom: number; faint?: readonly Zone[] }) {
  return (
    <>
      <svg className="shapes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <Hatching />
        {faint.map((zone) => <ZoneShape key={zone.id} zone={zone} isFaint />)}
        {zones.map((zone) => <ZoneShape key={zone.id} zone={zone} />)}
      </svg>
      <ZoneLabels zones={zones} zoom={zoom} />
    </>
  );
}
