// One candidate and what is shown of it: loaded once, loaded ahead for the next, pictures decoded.

import { queryOptions, useQuery, type QueryClient } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { fetchFile } from "../viewer/files";
import { picturesOf } from "./pictures";
import type { CandidateDetail } from "./types";

const FRESH_MS = 4 * 60_000; // links in it live for a quarter of an hour
const KEPT_MS = 10 * 60_000;

export const candidateKey = (id: string) => ["candidate", id] as const;

const candidateOptions = (id: string) =>
  queryOptions({
    queryKey: candidateKey(id),
    // The client's mapping widens tuples (a box's four corners) to lists.
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/candidates/{candidate_id}", { params: { path: { candidate_id: id } }, signal })) as Promise<CandidateDetail>,
    staleTime: FRESH_MS,
    gcTime: KEPT_MS,
    refetchOnWindowFocus: false, // the stream tells what changes
  });

export function useCandidate(id: string | null) {
  return useQuery({ ...candidateOptions(id ?? ""), enabled: id !== null });
}

/** Loads a candidate and its pictures ahead, so that it can be painted at once. */
async function preload(queries: QueryClient, id: string): Promise<void> {
  try {
    const detail = await queries.fetchQuery(candidateOptions(id));
    await Promise.all(picturesOf(detail.evidence).map((picture) => picture.file && fetchFile(picture.file)));
  } catch {
    // it is loaded when it is opened, and what is wrong is said there
  }
}

const AHEAD = "streetcase.ahead";

/** Loads what may be opened next; the browser's performance timeline says for which item all is there. */
export async function preloadAround(queries: QueryClient, id: string | null, ahead: readonly string[]): Promise<void> {
  await Promise.all(ahead.map((one) => preload(queries, one)));
  performance.clearMarks(AHEAD);
  performance.mark(AHEAD, { detail: id });
}

/** Our own claim or release raised the version: what is shown stays, unless more has changed. */
export function noteVersion(queries: QueryClient, id: string, version: number): "same" | "changed" {
  const known = queries.getQueryData<CandidateDetail>(candidateKey(id));
  if (!known || known.version === version) return "same";
  if (version === known.version + 1) {
    queries.setQueryData<CandidateDetail>(candidateKey(id), { ...known, version });
    return "same";
  }
  void queries.invalidateQueries({ queryKey: candidateKey(id) });
  return "changed";
}
