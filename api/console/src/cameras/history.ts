// Undo and redo of a draft. Steps of one gesture (a drag, typing in one field) count as one.

export const MAX_STEPS = 200; // more than anybody takes back; keeps the memory bounded

export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  gesture: string | null; // under way: its next steps replace the present
}

export const begun = <T>(present: T): History<T> => ({ past: [], present, future: [], gesture: null });

export function changed<T>(history: History<T>, present: T, gesture: string | null = null): History<T> {
  if (present === history.present) return history;
  if (gesture !== null && gesture === history.gesture) return { ...history, present, future: [] };
  return { past: [...history.past, history.present].slice(-MAX_STEPS), present, future: [], gesture };
}

/** What comes next is another gesture, even if it is of the same kind. */
export const settled = <T>(history: History<T>): History<T> =>
  history.gesture === null ? history : { ...history, gesture: null };

export function undone<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], gesture: null,
  };
}

export function redone<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future, gesture: null };
}
