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
}

const NONE: ReadonlyMap<string, Opened> = new Map();

export function useOriginals(detail: CandidateDetail | undefined): Originals {
  const { session } = useSession();
  const [opened, setOpened] = useState(NONE);
  const [asking, setAsking] = useState<string | null>(null);
  const id = detail?.id;
  useEffect(() => {
    setOpened(NONE);
    setAsking(null);
  }, [id]);
  const open = async (purpose: Purpose, reason: string) => {
    const item = detail?.evidence.find((one) => one.name === asking);
    if (!detail || !item) return;
    const answer = await body(
      api.POST("/api/v1/candidates/{candidate_id}/originals/{name}", {
        params: { path: { candidate_id: detail.id, name: item.name } },
        body: { purpose, reason, update: detail.judged_update },
      }),
    );
    const file: Wanted = { sha256: item.sha256, url: answer.url, mediaType: item.media_type, sizeBytes: item.size_bytes };
    setOpened((before) => new Map(before).set(item.name, { file, at: Date.now(), by: session.user.name }));
    setAsking(null);
  };
  return { opened, asking, ask: setAsking, close: useCallback(() => setAsking(null), []), open };
}
