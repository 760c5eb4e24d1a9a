// A certificate as it was hashed: its canonical JSON (RFC 8785), and the digest of that.

/** Names sorted by UTF-16 units, no spaces; JSON.stringify writes strings and numbers as the RFC does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}

/** SHA-256 in hexadecimal; null where the browser hashes nothing (plain HTTP from another machine). */
export async function digestOf(value: unknown): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null;
  const hashed = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonicalJson(value)));
  return [...new Uint8Array(hashed)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
