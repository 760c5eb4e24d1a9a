// Cameras and open episodes on a plane of our own: grid, scale bar, no tiles, no internet.

import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { clockText } from "../cameras/CoverageParts";
import { useSizeOf } from "../viewer/PictureFrame";
import { placedLabels, type Label } from "./labels";
import { fitting, gridLines, lengthText, middleOf, onScreen, projected, roundLength, shifted, zoomed, type MapView, type Place } from "./projection";

export interface MapCamera {
  id: string;
  name: string;
  longitude: number;
  latitude: number;
  area: string; // name of its organisation
  episodes: readonly string[]; // ids of those under way
  unwatchedSince: string | null; // nobody watches it: what stands there says nothing of the street
}

interface CityMapProps {
  cameras: readonly MapCamera[];
  picture: Ref<SVGSVGElement>;
}

const WHEEL_STEP = 1.0015;

export function CityMap({ cameras, picture }: CityMapProps) {
  const { t } = useTranslation("overview");
  const { t: tk } = useTranslation("cameras");
  const [attach, size] = useSizeOf();
  const [moved, setMoved] = useState<MapView | null>(null); // null: everything fits
  const frame = useRef<HTMLDivElement | null>(null);
  const drag = useRef<Place | null>(null);
  const origin = useMemo(() => middleOf(cameras), [cameras]);
  const places = useMemo(() => new Map(cameras.map((camera) => [camera.id, projected(origin, camera)])), [cameras, origin]);
  const view = moved ?? fitting([...places.values()], size);
  const nameOf = (camera: MapCamera) => (camera.unwatchedSince === null ? camera.name : `${camera.name} ▲ ${t("out")}`);
  const at = (id: string) => onScreen(view, size, places.get(id) ?? { x: 0, y: 0 });
  const labels = placedLabels(cameras.map((camera) => ({ id: camera.id, text: nameOf(camera), radius: camera.episodes.length > 0 ? 10 : 5, ...at(camera.id) })), size);

  const latest = useRef({ view, size });
  latest.current = { view, size };
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      setMoved(zoomed(latest.current.view, latest.current.size, WHEEL_STEP ** -event.deltaY, { x: event.clientX - bounds.left, y: event.clientY - bounds.top }));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const middle = { x: size.width / 2, y: size.height / 2 };
  const onKeyDown = (event: KeyboardEvent) => {
    const keys: Record<string, () => MapView | null> = {
      "+": () => zoomed(view, size, 1.5, middle), "=": () => zoomed(view, size, 1.5, middle), "-": () => zoomed(view, size, 1 / 1.5, middle),
      "0": () => null, ArrowLeft: () => shifted(view, 60, 0), ArrowRight: () => shifted(view, -60, 0), ArrowUp: () => shifted(view, 0, 60), ArrowDown: () => shifted(view, 0, -60),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    setMoved(act());
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!drag.current) return;
    setMoved(shifted(view, event.clientX - drag.current.x, event.clientY - drag.current.y));
    drag.current = { x: event.clientX, y: event.clientY };
  };
  const bar = roundLength(view.metresPerPixel * 120);

  return (
    <div className="map" ref={(element) => {
      frame.current = element;
      attach(element);
    }} role="application" tabIndex={0} aria-label={t("mapLabel", { count: cameras.length })} onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        drag.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerMove={onPointerMove} onPointerUp={() => (drag.current = null)} onPointerLeave={() => (drag.current = null)}>
      <svg ref={picture} width={size.width} height={size.height} className="map-picture">
        <rect width={size.width} height={size.height} className="map-ground" />
        {gridLines(view, size, "x").map((x) => <path key={`x${x}`} d={`M${x} 0V${size.height}`} className="map-grid" />)}
        {gridLines(view, size, "y").map((y) => <path key={`y${y}`} d={`M0 ${y}H${size.width}`} className="map-grid" />)}
        {areasOf(cameras).map(({ name, ids }) => {
          const own = ids.map(at);
          const x = own.reduce((sum, one) => sum + one.x, 0) / own.length;
          return <text key={name} x={x} y={Math.min(...own.map((one) => one.y)) - 26} className="map-area" textAnchor="middle">{name}</text>;
        })}
        {cameras.map((camera) => {
          const { x, y } = at(camera.id);
          const open = camera.episodes.length;
          return (
            <Link key={camera.id} to={`/cameras/camera/${encodeURIComponent(camera.id)}`} draggable={false}>
              {/* A ring for each new episode: it swells once and is gone. */}
              {camera.episodes.map((id) => <circle key={id} cx={x} cy={y} r="9" className="map-pulse" />)}
              <circle cx={x} cy={y} r={open > 0 ? 10 : 5} className={open > 0 ? "map-camera map-camera-open" : "map-camera"} data-open={open} data-watched={camera.unwatchedSince === null} />
              {camera.unwatchedSince !== null && open === 0 && <path d={`M${x - 7} ${y - 7}L${x + 7} ${y + 7}M${x + 7} ${y - 7}L${x - 7} ${y + 7}`} className="map-unwatched" />}
              {open > 0 && <text x={x} y={y + 4} className="map-count" textAnchor="middle">{open}</text>}
              <NameOf label={labels.get(camera.id)} text={nameOf(camera)} isOut={camera.unwatchedSince !== null} />
              <title>{camera.name}: {t("openHere", { count: open })}{camera.unwatchedSince !== null && `, ${tk("coverage.outSince", { from: clockText(camera.unwatchedSince) })}`}</title>
            </Link>
          );
        })}
        <g className="map-scale" transform={`translate(12 ${size.height - 14})`}>
          <path d={`M0 -5V0H${bar / view.metresPerPixel}V-5`} />
          <text x="4" y="-6">{lengthText(bar)}</text>
        </g>
      </svg>
      <div className="map-buttons">
        <button type="button" aria-label={t("closer")} onClick={() => setMoved(zoomed(view, size, 1.5, middle))}>+</button>
        <button type="button" aria-label={t("wider")} onClick={() => setMoved(zoomed(view, size, 1 / 1.5, middle))}>−</button>
        <button type="button" aria-label={t("whole")} onClick={() => setMoved(null)}>⤢</button>
      </div>
    </div>
  );
}

function areasOf(cameras: readonly MapCamera[]): { name: string; ids: string[] }[] {
  const areas = new Map<string, string[]>();
  for (const camera of cameras) areas.set(camera.area, [...(areas.get(camera.area) ?? []), camera.id]);
  return [...areas].map(([name, ids]) => ({ name, ids }));
}

function NameOf({ label, text, isOut }: { label: Label | undefined; text: string; isOut: boolean }) {
  return label ? <text x={label.x} y={label.y} textAnchor={label.anchor} className="map-name" data-out={isOut}>{text}</text> : null;
}
