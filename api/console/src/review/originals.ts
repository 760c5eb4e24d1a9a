// Originals that were opened: for a stated purpose, registered, forgotten when the item is left.

import { useCallback, useEffect, useState } from "react";
import { api, body } from "../api/client";
import { useSession } from "../app/session";
import type { Wanted } from "../viewer/files";
import type { CandidateDetail, Purpose } from "./types";

export interface Opened {
  file: Wanted;
  at: number; // epoch, ms
  by: string;
}

export interface Originals {
  opened: ReadonlyMap<string, Opened>;
  asking: string | null; // name of the item that a purpose is being asked for
  ask: (name: string) => void;
  close: () => void;
  open: (purpose: Purpose, reason: string) => Promise<void>;
  isOpening: boolean; // without a dialog: the purpose is known
}

const NONE: ReadonlyMap<string, Opened> = new Map();

interface Stated {
  purpose: Purpose;
  reason: string;
}

// What somebody stated for a candidate holds for all of its originals until the page is closed or
// somebody else logs in; each opening stands in the register by itself.
const stated = new Map<string, Stated>();
const MAX_STATED = 200;

export function useOriginals(detail: CandidateDetail | undefined): Originals {
  const { session } = useSession();
  const [opened, setOpened] = useState(NONE);
  const [asking, setAsking] = useState<string | null>(null);
  const [isOpening, setIsOpening] = useState(false);
  const id = detail?.id;
  const key = `${session.user.id} ${id}`;
  useEffect(() => {
    setOpened(NONE);
    setAsking(null);
  }, [id]);
  const load = async (name: string | null, { purpose, reason }: Stated) => {
    const item = detail?.evidence.find((one) => one.name === name);
    if (!detail || !item) return;
    const answer = await body(
      api.POST("/api/v1/candidates/{candidate_id}/originals/{name}", {
        params: { path: { candidate_id: detail.id, name: item.name } },
        body: { purpose, reason, update: detail.judged_update },
      }),
    );
    const file: Wanted = { sha256: item.sha256, url: answer.url, mediaType: item.media_type, sizeBytes: item.size_bytes };
    setOpened((before) => new Map(before).set(item.name, { file, at: Date.now(), by: session.user.name }));
    stated.delete(key);
    stated.set(key, { purpose, reason });
    const oldest = stated.keys().next();
    if (stated.size > MAX_STATED && !oldest.done) stated.delete(oldest.value);
    setAsking(null);
  };
  const ask = (name: string) => {
    const known = stated.get(key);
    if (opened.has(name) || isOpening) return;
    if (!known) {
      setAsking(name);
      return;
    }
    setIsOpening(true);
    // What goes wrong is said by the dialog, which asks again.
    load(name, known).catch(() => setAsking(name)).finally(() => setIsOpening(false));
  };
  const open = (purpose: Purpose, reason: string) => load(asking, { purpose, reason });
  return { opened, asking, isOpening, ask, close: useCallback(() => setAsking(null), []), open };
}
