// What stands for a picture that has not come: a plain frame of 16:9, on which zones can be drawn.

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720"><rect width="1280" height="720" fill="#1b232c"/>
<g stroke="#2c3947" stroke-width="1">${Array.from({ length: 15 }, (_, i) => `<path d="M${(i + 1) * 80} 0V720"/>`).join("")}${Array.from({ length: 8 }, (_, i) => `<path d="M0 ${(i + 1) * 80}H1280"/>`).join("")}</g></svg>`;

export const emptyPicture = `data:image/svg+xml,${encodeURIComponent(svg)}`;
