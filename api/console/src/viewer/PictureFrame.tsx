// One untouched picture under a shared view, with a layer of shapes that one key switches.

import { useCallback, useEffect, useLayoutEffect, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { fitted, panned, transformOf, zoomedAt, type Size, type View } from "./view";

const WHEEL_STEP = 1.0015; // zoom per pixel of the wheel

export type FractionBox = readonly [number, number, number, number];
export type Points = readonly (readonly [number, number])[];

export interface Shape {
  id: string;
  kind: "subject" | "zone" | "permitted" | "mask";
  label?: string;
  box?: FractionBox;
  polygon?: Points;
}

interface PictureFrameProps {
  url: string | null | undefined; // undefined: it is on its way; null: there is none to show
  alt: string;
  view: View;
  onView: (view: View) => void;
  shapes?: readonly Shape[];
  showShapes?: boolean;
  caption?: ReactNode;
  onState?: (state: PictureState) => void;
  children?: ReactNode; // drawn over the picture, in its coordinates
}

export type PictureState = "loading" | "shown" | "broken";

/** The size of an element, kept up to date. */
export function useSizeOf(): [(element: HTMLElement | null) => void, Size] {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const observer = useRef<ResizeObserver | null>(null);
  const attach = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!element) return;
    observer.current = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.current.observe(element);
  }, []);
  return [attach, size];
}

export function PictureFrame({
  url, alt, view, onView, shapes = [], showShapes = true, caption, onState, children,
}: PictureFrameProps) {
  const { t } = useTranslation();
  const [attach, place] = useSizeOf();
  const [natural, setNatural] = useState<Size>({ width: 16, height: 9 });
  const [state, setState] = useState<PictureState>(url === null ? "broken" : "loading");
  const drag = useRef<{ x: number; y: number } | null>(null);
  const frame = useRef<HTMLDivElement | null>(null);
  const size = fitted(natural, place);

  const tell = (next: PictureState) => {
    setState(next);
    onState?.(next);
  };
  // While rendering, so that no frame shows the layer of another picture.
  const [knownUrl, setKnownUrl] = useState(url);
  if (knownUrl !== url) {
    setKnownUrl(url);
    setState(url === null ? "broken" : "loading");
  }

  const image = useRef<HTMLImageElement | null>(null);
  const arrived = (element: HTMLImageElement) => {
    const { naturalWidth: width, naturalHeight: height } = element;
    setNatural((before) => (before.width === width && before.height === height ? before : { width, height }));
    tell("shown");
  };
  // A picture that was loaded ahead is complete before it is painted: no frame goes by without its layer.
  useLayoutEffect(() => {
    const element = image.current;
    if (element?.complete && element.naturalWidth > 0) arrived(element);
    // What it tells is about another address only.
  }, [url]);

  // React's wheel listener is passive and could not keep the page from scrolling.
  const latest = useRef({ view, onView });
  latest.current = { view, onView };
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      const at = {
        x: (event.clientX - bounds.left) / bounds.width,
        y: (event.clientY - bounds.top) / bounds.height,
      };
      latest.current.onView(zoomedAt(latest.current.view, WHEEL_STEP ** -event.deltaY, at));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || view.zoom <= 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (!drag.current) return;
    const { x, y } = drag.current;
    drag.current = { x: event.clientX, y: event.clientY };
    onView(panned(view, (event.clientX - x) / size.width, (event.clientY - y) / size.height));
  };
  const onPointerUp = () => {
    drag.current = null;
  };

  return (
    <figure className="picture" ref={attach}>
      <div ref={frame} className="picture-frame" data-state={state}
        style={{ width: size.width, height: size.height, cursor: view.zoom > 1 ? "grab" : "zoom-in" }}
        onPointerDown={onPointerDown} onPointerMove={onPointerMove} onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onDoubleClick={(event) => {
          const bounds = event.currentTarget.getBoundingClientRect();
          onView(zoomedAt(view, view.zoom > 1 ? 1 / view.zoom : 3, {
            x: (event.clientX - bounds.left) / bounds.width,
            y: (event.clientY - bounds.top) / bounds.height,
          }));
        }}>
        <div className="picture-moved" style={{ transform: transformOf(view) }}>
          {url && state !== "broken" && (
            <img ref={image} src={url} alt={alt} draggable={false} decoding="sync" onLoad={(event) => arrived(event.currentTarget)}
              onError={() => tell("broken")} />
          )}
          {showShapes && state === "shown" && <Shapes shapes={shapes} zoom={view.zoom} />}
          {children}
        </div>
        {state === "broken" && (
          <div className="picture-missing" role="alert">
            {t("picture.missing")}
          </div>
        )}
        {caption && <figcaption>{caption}</figcaption>}
      </div>
    </figure>
  );
}

export function Shapes({ shapes, zoom }: { shapes: readonly Shape[]; zoom: number }) {
  return (
    <svg className="shapes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {shapes.map((shape) =>
        shape.box ? (
          <rect key={shape.id} className={`shape-${shape.kind}`} x={shape.box[0]} y={shape.box[1]}
            width={shape.box[2] - shape.box[0]} height={shape.box[3] - shape.box[1]}
            style={{ strokeWidth: 2 / zoom }} vectorEffect="non-scaling-stroke" />
        ) : (
          <polygon key={shape.id} className={`shape-${shape.kind}`} vectorEffect="non-scaling-stroke"
            style={{ strokeWidth: 1.5 / zoom }}
            points={(shape.polygon ?? []).map((point) => point.join(",")).join(" ")} />
        ),
      )}
    </svg>
  );
}
