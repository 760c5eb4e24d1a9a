// Evidence files as the browser holds them: fetched once, hashed, decoded ahead, kept by digest.
// A file whose bytes are not the ones that were signed is never shown.

export type FileState =
  | { is: "loading" }
  | { is: "shown"; url: string; verified: boolean }
  | { is: "missing" } // gone, or the line is down
  | { is: "damaged" }; // its bytes are not those of the manifest

export interface Wanted {
  sha256: string;
  url: string | null;
  mediaType: string;
  sizeBytes: number;
}

const MAX_FILES = 160; // held at once; a session looks at thousands
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_HASHED_BYTES = 64 * 1024 * 1024; // a longer clip is streamed, and verified by the centre

interface Held {
  state: FileState;
  bytes: number;
  picture: HTMLImageElement | null; // keeps the decoded picture at hand
}

const held = new Map<string, Held>();
const listeners = new Set<() => void>();
const LOADING: FileState = { is: "loading" };
const MISSING: FileState = { is: "missing" };

export function subscribeToFiles(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What is known of a file now; asks for it if nothing is. */
export function fileState(wanted: Wanted): FileState {
  const known = held.get(wanted.sha256);
  if (known) return known.state;
  return wanted.url ? LOADING : MISSING;
}

/** Fetches a file ahead of its being shown. */
export async function fetchFile(wanted: Wanted): Promise<FileState> {
  const { sha256, url, sizeBytes } = wanted;
  const known = held.get(sha256);
  if (known && known.state.is !== "missing") {
    held.delete(sha256); // to the end: used last
    held.set(sha256, known);
    return known.state;
  }
  if (!url) return MISSING;
  const entry: Held = { state: LOADING, bytes: 0, picture: null };
  held.set(sha256, entry);
  entry.state = await load(wanted, entry);
  entry.bytes = sizeBytes;
  forgetOldest();
  for (const listener of listeners) listener();
  return entry.state;
}

async function load(wanted: Wanted, entry: Held): Promise<FileState> {
  const url = wanted.url ?? "";
  const isOurs = new URL(url, window.location.href).origin === window.location.origin;
  // Another server's bytes may be shown, but not read; without TLS the browser offers no digests.
  if (!isOurs || !window.isSecureContext || wanted.sizeBytes > MAX_HASHED_BYTES) {
    return { is: "shown", url, verified: false };
  }
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) return MISSING;
    const bytes = await answer.arrayBuffer();
    if ((await digestOf(bytes)) !== wanted.sha256) return { is: "damaged" };
    const own = URL.createObjectURL(new Blob([bytes], { type: wanted.mediaType }));
    if (wanted.mediaType.startsWith("image/")) entry.picture = await decoded(own);
    return { is: "shown", url: own, verified: true };
  } catch {
    return MISSING;
  }
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function decoded(url: string): Promise<HTMLImageElement | null> {
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
    return picture;
  } catch {
    return null; // the frame that shows it will say so
  }
}

function forgetOldest(): void {
  let bytes = [...held.values()].reduce((sum, one) => sum + one.bytes, 0);
  for (const [sha256, one] of held) {
    if (held.size <= MAX_FILES && bytes <= MAX_BYTES) return;
    if (one.state.is === "loading") continue;
    if (one.state.is === "shown" && one.state.verified) URL.revokeObjectURL(one.state.url);
    bytes -= one.bytes;
    held.delete(sha256);
  }
}

/** Lets a file that was missing be asked for again. */
export function forgetMissing(): void {
  for (const [sha256, one] of held) if (one.state.is === "missing") held.delete(sha256);
}
