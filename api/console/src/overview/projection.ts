// A map without the internet: longitude and latitude on a plane in metres, and a window onto it.

export interface Position {
  longitude: number; // degrees
  latitude: number;
}

/** Metres east and south of the plane's origin: y grows downwards, as on the screen. */
export interface Place {
  x: number;
  y: number;
}

// Of a degree on the WGS84 ellipsoid near 40 degrees; within 0.5 % elsewhere in China, and a city is small.
const METRES_PER_LATITUDE = 111_035;
const METRES_PER_LONGITUDE = 111_413; // times the cosine of the latitude

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Equirectangular about an origin: right to 0.1 % within 50 km of it. */
export function projected(origin: Position, { longitude, latitude }: Position): Place {
  const east = ((longitude - origin.longitude + 540) % 360) - 180; // over the date line the short way
  return {
    x: east * METRES_PER_LONGITUDE * Math.cos(radians(origin.latitude)),
    y: (origin.latitude - latitude) * METRES_PER_LATITUDE,
  };
}

export function middleOf(positions: readonly Position[]): Position {
  const count = Math.max(positions.length, 1);
  return {
    longitude: positions.reduce((sum, one) => sum + one.longitude, 0) / count,
    latitude: positions.reduce((sum, one) => sum + one.latitude, 0) / count,
  };
}

export interface MapView {
  centre: Place;
  metresPerPixel: number;
}

export interface Size {
  width: number;
  height: number;
}

export const MIN_METRES_PER_PIXEL = 0.2;
export const MAX_METRES_PER_PIXEL = 2_000;
const MARGIN = 60; // pixels for labels around the outermost places
const LEAST_SPAN = 400; // metres; a single camera is shown with its surroundings

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** The view that shows all places. */
export function fitting(places: readonly Place[], size: Size): MapView {
  if (places.length === 0) return { centre: { x: 0, y: 0 }, metresPerPixel: 5 };
  const [xs, ys] = [places.map((one) => one.x), places.map((one) => one.y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [width, height] = [Math.max(size.width - 2 * MARGIN, 40), Math.max(size.height - 2 * MARGIN, 40)];
  const scale = Math.max(Math.max(right - left, LEAST_SPAN) / width, Math.max(bottom - top, LEAST_SPAN / 2) / height);
  return {
    centre: { x: (left + right) / 2, y: (top + bottom) / 2 },
    metresPerPixel: clamp(scale, MIN_METRES_PER_PIXEL, MAX_METRES_PER_PIXEL),
  };
}

export function onScreen(view: MapView, size: Size, place: Place): Place {
  return {
    x: size.width / 2 + (place.x - view.centre.x) / view.metresPerPixel,
    y: size.height / 2 + (place.y - view.centre.y) / view.metresPerPixel,
  };
}

/** Zoomed by a factor (above 1: closer) with the place under a pixel staying there. */
export function zoomed(view: MapView, size: Size, factor: number, pixel: Place): MapView {
  const metresPerPixel = clamp(view.metresPerPixel / factor, MIN_METRES_PER_PIXEL, MAX_METRES_PER_PIXEL);
  const [dx, dy] = [pixel.x - size.width / 2, pixel.y - size.height / 2];
  const change = view.metresPerPixel - metresPerPixel;
  return { metresPerPixel, centre: { x: view.centre.x + dx * change, y: view.centre.y + dy * change } };
}

export function shifted(view: MapView, dx: number, dy: number): MapView {
  return {
    ...view,
    centre: { x: view.centre.x - dx * view.metresPerPixel, y: view.centre.y - dy * view.metresPerPixel },
  };
}

/** The longest of 1, 2, 5, 10, 20 ... metres that fits. */
export function roundLength(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(metres, 1e-3)));
  return ([5, 2, 1].find((step) => step * power <= metres * (1 + 1e-9)) ?? 1) * power;
}

export const lengthText = (metres: number): string => (metres >= 1000 ? `${metres / 1000} km` : `${metres} m`);

/** Screen coordinates of grid lines along one axis. */
export function gridLines(view: MapView, size: Size, axis: "x" | "y"): number[] {
  const length = axis === "x" ? size.width : size.height;
  const step = roundLength(view.metresPerPixel * 140);
  const begin = view.centre[axis] - (length / 2) * view.metresPerPixel;
  const lines: number[] = [];
  for (let at = Math.ceil(begin / step) * step; at <= begin + length * view.metresPerPixel; at += step) {
    lines.push((at - begin) / view.metresPerPixel);
  }
  return lines;
}
