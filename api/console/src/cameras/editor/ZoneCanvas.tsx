// Zones over the camera's picture, by mouse and by keyboard: draw, drag corners, insert, move whole.

import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { fixed } from "../../parts/figures";
import { kindColours } from "../kinds";
import { moved, rounded, snapped, withCorner, withCornerAfter, withoutCorner, type Point, type Polygon } from "../polygon";
import type { Zone, ZoneProblem } from "../settings";
import { zoneName } from "../words";
import { Drawing } from "./Drawing";
import { Hatching, pointsText, ZoneLabels, ZoneShape } from "./ZoneShapes";

export interface ZoneCanvasProps {
  zones: readonly Zone[];
  problems: ReadonlyMap<string, ZoneProblem>;
  selectedId: string | null;
  onSelect: (id: string | null) => void;
  isDrawing: boolean;
  onDrawn: (polygon: Polygon | null) => void; // null: given up
  onShape: (id: string, polygon: Polygon, gesture: string | null) => void;
  onSettle: () => void;
  snaps: boolean;
  zoom: number;
}

interface Drag {
  from: Point;
  polygon: Polygon;
  corner: number | null; // null: the whole zone
}

const STEP = 0.002; // of the picture: about 4 pixels of 1080p
const FAR_STEP = 0.02;
const SNAP_PIXELS = 7;
const arrows: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function ZoneCanvas(props: ZoneCanvasProps) {
  const { zones, problems, selectedId, onSelect, isDrawing, onDrawn, onShape, onSettle, snaps, zoom } = props;
  const { t } = useTranslation("cameras");
  const canvas = useRef<HTMLDivElement | null>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const selected = zones.find((zone) => zone.id === selectedId);
  const others = zones.filter((zone) => zone.id !== selectedId).map((zone) => zone.polygon);

  const scaleOf = (): Point => {
    const bounds = canvas.current?.getBoundingClientRect();
    return [bounds?.width ?? 1, bounds?.height ?? 1];
  };
  const pointOf = (event: { clientX: number; clientY: number }): Point => {
    const bounds = canvas.current?.getBoundingClientRect();
    if (!bounds) return [0, 0];
    return [(event.clientX - bounds.left) / bounds.width, (event.clientY - bounds.top) / bounds.height];
  };
  const settledPoint = (event: PointerEvent, mayRest: readonly Polygon[]): Point => {
    const point = pointOf(event);
    return rounded(snaps && !event.altKey ? snapped(point, mayRest, scaleOf(), SNAP_PIXELS) : point);
  };

  const take = (event: PointerEvent<Element>, zone: Zone, corner: number | null) => {
    if (event.button !== 0 || isDrawing) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    onSelect(zone.id);
    setDrag({ from: pointOf(event), polygon: zone.polygon, corner });
  };
  const pull = (event: PointerEvent<Element>) => {
    if (!drag || !selected) return;
    event.stopPropagation();
    const [x, y] = pointOf(event);
    const polygon = drag.corner === null
      ? moved(drag.polygon, x - drag.from[0], y - drag.from[1])
      : withCorner(drag.polygon, drag.corner, settledPoint(event, others));
    onShape(selected.id, polygon, "drag");
  };
  const release = () => {
    if (drag) onSettle();
    setDrag(null);
  };
  const hands = { onPointerMove: pull, onPointerUp: release, onPointerCancel: release };

  const nudge = (event: KeyboardEvent, zone: Zone, corner: number | null) => {
    const arrow = arrows[event.key];
    if (arrow) {
      const step = event.shiftKey ? FAR_STEP : STEP;
      const [dx, dy] = [arrow[0] * step, arrow[1] * step];
      const at = corner === null ? undefined : zone.polygon[corner];
      const polygon = at && corner !== null
        ? withCorner(zone.polygon, corner, [at[0] + dx, at[1] + dy])
        : moved(zone.polygon, dx, dy);
      onShape(zone.id, polygon, `nudge-${corner ?? "all"}`);
    } else if (corner !== null && (event.key === "Delete" || event.key === "Backspace")) {
      onShape(zone.id, withoutCorner(zone.polygon, corner), null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div ref={canvas} className="zone-canvas" data-drawing={isDrawing}>
      <svg className="zone-shapes" viewBox="0 0 1 1" preserveAspectRatio="none">
        <Hatching />
        {zones.map((zone) => (
          <g key={zone.id} data-zone={zone.id} role="button" tabIndex={isDrawing ? -1 : 0}
            aria-label={t("zone.select", { name: zoneName(zone, t) })} aria-pressed={zone.id === selectedId}
            onPointerDown={(event) => take(event, zone, null)} {...hands}
            onFocus={() => onSelect(zone.id)} onKeyDown={(event) => nudge(event, zone, null)}>
            <ZoneShape zone={zone} isSelected={zone.id === selectedId} isBroken={problems.has(zone.id)} />
          </g>
        ))}
        {drag && selected && <polygon className="zone-dragged" points={pointsText(drag.polygon)} vectorEffect="non-scaling-stroke" />}
      </svg>
      <ZoneLabels zones={zones} zoom={zoom} broken={problems} selectedId={selectedId} />
      {selected && !isDrawing && (
        <Corners zone={selected} zoom={zoom} hands={hands} onTake={(event, corner) => take(event, selected, corner)}
          onKey={(event, corner) => nudge(event, selected, corner)}
          onInsert={(edge) => onShape(selected.id, withCornerAfter(selected.polygon, edge), null)}
          onRemove={(corner) => onShape(selected.id, withoutCorner(selected.polygon, corner), null)} />
      )}
      {isDrawing && <Drawing zoom={zoom} scaleOf={scaleOf} onDrawn={onDrawn} place={(event) => settledPoint(event, zones.map((zone) => zone.polygon))} />}
    </div>
  );
}

interface CornersProps {
  zone: Zone;
  zoom: number;
  hands: Record<"onPointerMove" | "onPointerUp" | "onPointerCancel", (event: PointerEvent<Element>) => void>;
  onTake: (event: PointerEvent<Element>, corner: number) => void;
  onKey: (event: KeyboardEvent, corner: number) => void;
  onInsert: (edge: number) => void;
  onRemove: (corner: number) => void;
}

function Corners({ zone, zoom, hands, onTake, onKey, onInsert, onRemove }: CornersProps) {
  const { t } = useTranslation("cameras");
  const placed = ([x, y]: Point) => ({
    left: `${x * 100}%`, top: `${y * 100}%`, transform: `translate(-50%, -50%) scale(${1 / zoom})`, borderColor: kindColours[zone.kind],
  });
  const percent = (share: number) => fixed(share * 100, 1);
  return (
    <>
      {zone.polygon.map((point, index) => {
        const next = zone.polygon[(index + 1) % zone.polygon.length] ?? point;
        return (
          <button key={`edge-${index}`} type="button" className="zone-insert" data-edge={index}
            style={placed([(point[0] + next[0]) / 2, (point[1] + next[1]) / 2])}
            aria-label={t("zone.insert", { number: index + 1 })}
            onPointerDown={(event) => event.stopPropagation()} onClick={() => onInsert(index)}>
            +
          </button>
        );
      })}
      {zone.polygon.map((point, index) => (
        <button key={`corner-${index}`} type="button" className="zone-corner" data-corner={index} style={placed(point)}
          aria-label={t("zone.corner", {
            zone: zoneName(zone, t), number: index + 1, x: percent(point[0]), y: percent(point[1]),
          })}
          onPointerDown={(event) => onTake(event, index)} {...hands}
          onKeyDown={(event) => onKey(event, index)}
          onContextMenu={(event) => {
            event.preventDefault();
            onRemove(index);
          }}
          onDoubleClick={(event) => event.stopPropagation()} />
      ))}
    </>
  );
}
