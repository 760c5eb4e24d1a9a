// A file of evidence in a component.

import { useEffect, useSyncExternalStore } from "react";
import { fetchFile, fileState, subscribeToFiles, type FileState, type Wanted } from "./files";

const NOTHING: FileState = { is: "missing" };

/** The state of a file; it is fetched when it is first wanted. */
export function useFile(wanted: Wanted | null): FileState {
  const state = useSyncExternalStore(subscribeToFiles, () => (wanted ? fileState(wanted) : NOTHING));
  useEffect(() => {
    if (wanted) void fetchFile(wanted);
  }, [wanted]);
  return state;
}

/** The address to give to a picture or clip: undefined while it loads, null if there is none. */
export function addressOf(state: FileState): string | null | undefined {
  if (state.is === "shown") return state.url;
  return state.is === "loading" ? undefined : null;
}
