// Zones drawn over a picture: colour and word by kind, masks hatched. Only looks; no hands.

import { useTranslation } from "react-i18next";
import { kindColours } from "../kinds";
import { labelPoint, type Polygon } from "../polygon";
import type { Zone } from "../settings";
import { zoneName } from "../words";

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

interface ZoneLabelProps {
  zone: Zone;
  zoom: number;
  isBroken?: boolean;
  isSelected?: boolean;
}

/** The name alone, the kind where there is none: beside each other the full names would cover the street. */
export function ZoneLabel({ zone, zoom, isBroken = false, isSelected = false }: ZoneLabelProps) {
  const { t } = useTranslation("cameras");
  const [x, y] = labelPoint(zone.polygon);
  return (
    <span className="zone-label" aria-hidden="true" data-selected={isSelected}
      style={{ left: `${x * 100}%`, top: `${y * 100}%`, transform: `translate(-50%, -50%) scale(${1 / zoom})`, borderColor: kindColours[zone.kind] }}>
      {isBroken && "⚠ "}{isSelected ? zoneName(zone, t) : zone.name || t(`kind.${zone.kind}`)}
    </span>
  );
}

export function ZoneLayer({ zones, zoom, faint = [] }: { zones: readonly Zone[]; zoom: number; faint?: readonly Zone[] }) {
  return (
    <>
      <svg className="shapes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <Hatching />
        {faint.map((zone) => <ZoneShape key={zone.id} zone={zone} isFaint />)}
        {zones.map((zone) => <ZoneShape key={zone.id} zone={zone} />)}
      </svg>
      {zones.map((zone) => <ZoneLabel key={zone.id} zone={zone} zoom={zoom} />)}
    </>
  );
}
