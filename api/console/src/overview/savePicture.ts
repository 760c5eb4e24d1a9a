// A drawing of the page as a PNG file.

import { saveFile } from "../parts/download";

// What the page's style sheet says of the drawing, written into the copy: a picture file has no style sheet.
const KEPT = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-family", "font-weight", "opacity", "paint-order", "text-anchor",
];
const PIXELS_PER_PIXEL = 2; // sharp on paper

export async function savePicture(svg: SVGSVGElement | null | undefined, name: string): Promise<void> {
  if (!svg) return;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [[...svg.querySelectorAll("*")], [...copy.querySelectorAll("*")]];
  for (const [index, element] of from.entries()) {
    const style = getComputedStyle(element);
    to[index]?.setAttribute("style", KEPT.map((property) => `${property}:${style.getPropertyValue(property)}`).join(";"));
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * PIXELS_PER_PIXEL;
  canvas.height = image.height * PIXELS_PER_PIXEL;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = getComputedStyle(svg.closest(".panel") ?? document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && saveFile(`${name}.png`, blob), "image/png");
}
