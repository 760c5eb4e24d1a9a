// Files that the page makes itself: CSV of the rows that are shown, pictures of charts.

type Value = string | number | boolean | null | undefined;

// A cell that begins like a formula would be run by a spreadsheet: it is marked as text.
const FORMULA = /^[=+\-@\t\r]/;

function cellOf(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(String(value)) ? `'${String(value)}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180, with the mark that makes Excel read UTF-8. */
export function csvOf(header: readonly string[], rows: readonly (readonly Value[])[]): string {
  return `\ufeff${[header, ...rows].map((row) => row.map(cellOf).join(",")).join("\r\n")}\r\n`;
}

export function saveFile(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Some browsers read the address after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function saveCsv(name: string, header: readonly string[], rows: readonly (readonly Value[])[]): void {
  saveFile(`${name}.csv`, new Blob([csvOf(header, rows)], { type: "text/csv;charset=utf-8" }));
}
