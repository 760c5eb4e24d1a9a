// The draft of one camera's view with undo, kept in the browser until it is saved.

import { useCallback, useEffect, useMemo, useState } from "react";
import { begun, changed, redone, settled, undone, type History } from "../history";
import { settingsFrom, type CameraSettings } from "../settings";
import type { CameraDetail } from "../queries";
import { draftOf, isSameView, keep, kept, problemsOf, type Draft } from "./draft";

export function useDraft(camera: CameraDetail) {
  const saved = useMemo(() => settingsFrom(camera.id, camera.settings), [camera]);
  const [start] = useState(() => kept(camera.id));
  const [basedOn, setBasedOn] = useState(start?.basedOn ?? camera.version ?? 0);
  // The version the draft began from: what "changed" means, and the third side of a merge.
  const [base, setBase] = useState<CameraSettings | null>(start && start.basedOn !== camera.version ? null : saved);
  const [history, setHistory] = useState<History<Draft>>(() => begun(start?.draft ?? draftOf(saved)));
  const [isRestored, setIsRestored] = useState(start !== null);
  const draft = history.present;
  const isChanged = !isSameView(draft.settings, base ?? saved);

  // A newer version came and nothing was changed here: go on from that one.
  useEffect(() => {
    if (!isChanged && (camera.version ?? 0) !== basedOn && base !== null) {
      setBasedOn(camera.version ?? 0);
      setBase(saved);
      setHistory(begun(draftOf(saved)));
    }
  }, [base, basedOn, camera.version, isChanged, saved]);

  useEffect(() => keep(camera.id, isChanged ? { basedOn, draft } : null), [basedOn, camera.id, draft, isChanged]);

  const set = useCallback((change: (draft: Draft) => Draft, gesture: string | null = null) => {
    setHistory((old) => changed(old, change(old.present), gesture));
  }, []);
  const startFrom = useCallback((version: number, from: CameraSettings, next: Draft = draftOf(from)) => {
    setBasedOn(version);
    setBase(from);
    setHistory(begun(next));
    setIsRestored(false);
  }, []);

  return {
    draft,
    base,
    setBase,
    basedOn,
    isChanged,
    isRestored,
    problems: useMemo(() => problemsOf(draft), [draft]),
    set,
    settle: useCallback(() => setHistory(settled), []),
    undo: useCallback(() => setHistory(undone), []),
    redo: useCallback(() => setHistory(redone), []),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    startFrom,
    discard: useCallback(() => startFrom(camera.version ?? 0, saved), [camera.version, saved, startFrom]),
  };
}

export type DraftOfCamera = ReturnType<typeof useDraft>;
