// Zoom and pan of pictures that move together: one view in fractions of the picture.

export interface View {
  zoom: number; // 1: the whole picture fits
  x: number; // centre, in fractions of the picture
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export const WHOLE: View = { zoom: 1, x: 0.5, y: 0.5 };
export const MAX_ZOOM = 12;
const LEAST_NEAR = 1.5; // a subject that fills the picture is still seen nearer than the whole

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** The largest size at which a picture fits into a place, in CSS pixels. */
export function fitted(picture: Size, place: Size): Size {
  if (picture.width <= 0 || picture.height <= 0) return { width: 0, height: 0 };
  const scale = Math.min(place.width / picture.width, place.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** A view whose picture still covers its frame. */
export function held(view: View): View {
  const zoom = clamp(view.zoom, 1, MAX_ZOOM);
  const half = 0.5 / zoom;
  return { zoom, x: clamp(view.x, half, 1 - half), y: clamp(view.y, half, 1 - half) };
}

/** Zoom by a factor so that the point under the cursor stays there; `at` in fractions of the frame. */
export function zoomedAt(view: View, factor: number, at: { x: number; y: number }): View {
  const zoom = clamp(view.zoom * factor, 1, MAX_ZOOM);
  const pointX = view.x + (at.x - 0.5) / view.zoom;
  const pointY = view.y + (at.y - 0.5) / view.zoom;
  return held({ zoom, x: pointX - (at.x - 0.5) / zoom, y: pointY - (at.y - 0.5) / zoom });
}

/** Move by a part of the frame. */
export function panned(view: View, dx: number, dy: number): View {
  return held({ ...view, x: view.x - dx / view.zoom, y: view.y - dy / view.zoom });
}

/** A view that shows a box (x1, y1, x2, y2 in fractions) with some of its surroundings. */
export function onBox(box: readonly [number, number, number, number], margin = 2.2): View {
  const side = Math.max(box[2] - box[0], box[3] - box[1], 1e-3);
  return held({ zoom: Math.max(1 / (side * margin), LEAST_NEAR), x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 });
}

/** CSS transform of a picture that fills its frame, for a view. */
export function transformOf(view: View): string {
  const { zoom, x, y } = held(view);
  return `scale(${zoom}) translate(${(0.5 - x) * 100}%, ${(0.5 - y) * 100}%)`;
}
