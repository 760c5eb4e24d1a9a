// A new zone, corner by corner. A crossing is said while it is drawn.

import { useEffect, useRef, useState, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { problemOfPolygon, type Point, type Polygon } from "../polygon";
import { problemText } from "../words";
import { pointsText } from "./ZoneShapes";

const CLOSE_PIXELS = 10; // a click this near to the first corner closes the ring

interface DrawingProps {
  zoom: number;
  scaleOf: () => Point;
  place: (event: PointerEvent) => Point;
  onDrawn: (polygon: Polygon | null) => void;
}

export function Drawing({ zoom, scaleOf, place, onDrawn }: DrawingProps) {
  const { t } = useTranslation("cameras");
  const [corners, setCorners] = useState<Polygon>([]);
  const [pointer, setPointer] = useState<Point | null>(null);
  const shield = useRef<HTMLDivElement | null>(null);
  const problem = corners.length >= 3 ? problemOfPolygon(corners) : null;

  const finish = () => {
    if (corners.length >= 3) onDrawn(corners);
  };
  const latest = useRef({ corners, finish, onDrawn });
  latest.current = { corners, finish, onDrawn };
  useEffect(() => {
    shield.current?.focus();
    // Ahead of the page's keys: while a zone is drawn, these belong to the drawing.
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") latest.current.onDrawn(null);
      else if (event.key === "Enter") latest.current.finish();
      else if (event.key === "Backspace") setCorners((old) => old.slice(0, -1));
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, []);

  const isNearFirst = (point: Point) => {
    const [first] = corners;
    const [width, height] = scaleOf();
    return first !== undefined && corners.length >= 3 &&
      Math.hypot((point[0] - first[0]) * width, (point[1] - first[1]) * height) <= CLOSE_PIXELS;
  };
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    const point = place(event);
    const last = corners.at(-1);
    if (isNearFirst(point)) finish();
    // The second click of a double click lies on the corner that the first one made.
    else if (last && last[0] === point[0] && last[1] === point[1]) finish();
    else setCorners([...corners, point]);
  };

  const line = pointer ? [...corners, pointer] : corners;
  return (
    <div ref={shield} className="zone-drawing" data-testid="zone-drawing" tabIndex={-1} onPointerDown={onPointerDown}
      onPointerMove={(event) => setPointer(place(event))} onDoubleClick={(event) => event.stopPropagation()}>
      <svg className="zone-shapes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <polygon className="zone-line-below" points={pointsText(line)} vectorEffect="non-scaling-stroke" />
        <polygon className={problem ? "zone-line zone-line-broken" : "zone-line"} points={pointsText(line)} vectorEffect="non-scaling-stroke" />
      </svg>
      {corners.map(([x, y], index) => (
        <span key={`${x},${y},${index}`} className="zone-corner zone-corner-drawn"
          style={{ left: `${x * 100}%`, top: `${y * 100}%`, transform: `translate(-50%, -50%) scale(${1 / zoom})` }} />
      ))}
      {problem && (
        <p className="zone-said" role="alert" style={{ transform: `scale(${1 / zoom})` }}>⚠ {problemText(problem, t)}</p>
      )}
    </div>
  );
}
