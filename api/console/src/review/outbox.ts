// Decisions on their way: kept in this browser until the centre has taken them, and sent again by
// themselves. Each has its own id, so that sending twice counts once.

import { noAnswer, Problem, type ProblemDocument } from "../api/problem";
import type { DecisionRequest } from "./types";

export type DecisionBody = Omit<DecisionRequest, "decision_id" | "version">;

export type Verb = DecisionBody["verdict"] | "recuse";

export interface Entry {
  id: string; // the decision's
  candidateId: string;
  number: number;
  violation: string;
  seenVersion: number; // of the candidate, that the person looked at
  sentVersion: number | null; // with which it went out the first time; the claim may have raised it
  verb: Verb;
  body: DecisionBody | null; // null: a recusal
  note: string;
  at: number; // epoch, ms
  tries: number;
  state: "waiting" | "sending" | "sent" | "refused";
  undoUntil: number | null; // epoch, ms; by our own clock
  problem: ProblemDocument | null; // why it was not taken
}

export type NewEntry = Omit<Entry, "tries" | "state" | "sentVersion" | "undoUntil" | "problem" | "at">;

/** What an answer says about the time to undo. */
export interface Taken {
  undoSeconds: number;
}

export interface Ports {
  send: (entry: Entry, remember: (version: number) => void) => Promise<Taken>;
  undo: (entry: Entry) => Promise<void>;
  now: () => number;
  later: (act: () => void, milliseconds: number) => void;
  load: () => string | null;
  save: (text: string) => void;
}

export const MAX_KEPT = 200; // entries; far more than anybody decides while a line is down
export const SEND_AFTER_MS = 80; // the next item is painted first; the decision is kept already
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const ORPHANED_AFTER_MS = 60_000; // the tab that made it would have tried again by then

export function retryAfter(tries: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.max(tries - 1, 0), LAST_RETRY_MS);
}

export class Outbox {
  #entries: readonly Entry[];
  #listeners = new Set<() => void>();
  #ports: Ports;
  #busy = false;
  #known = new Set<string>(); // ids that this tab ever had: it alone forgets them

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#entries = read(ports.load());
    for (const { id } of this.#entries) this.#known.add(id);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly entries = (): readonly Entry[] => this.#entries;

  /** Puts a decision on its way. One candidate has at most one: a double click is one decision. */
  add(entry: NewEntry): boolean {
    if (this.isOnItsWay(entry.candidateId)) return false;
    const complete: Entry = {
      ...entry, at: this.#ports.now(), tries: 0, state: "waiting", sentVersion: null, undoUntil: null, problem: null,
    };
    this.#set([...this.#entries.filter((one) => one.candidateId !== entry.candidateId), complete].slice(-MAX_KEPT));
    this.#ports.later(() => void this.flush(), SEND_AFTER_MS);
    return true;
  }

  isOnItsWay(candidateId: string): boolean {
    return this.#entries.some((one) => one.candidateId === candidateId && (one.state === "waiting" || one.state === "sending"));
  }

  /** Sends what waits, one after the other, in the order in which it was decided. */
  async flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#adopt();
    try {
      for (;;) {
        const entry = this.#entries.find((one) => one.state === "waiting");
        if (!entry) return;
        const goOn = await this.#sendOne(entry);
        if (!goOn) return;
      }
    } finally {
      this.#busy = false;
    }
  }

  async #sendOne(entry: Entry): Promise<boolean> {
    this.#patch(entry.id, { state: "sending" });
    try {
      const { undoSeconds } = await this.#ports.send(entry, (sentVersion) => this.#patch(entry.id, { sentVersion }));
      this.#patch(entry.id, { state: "sent", problem: null, undoUntil: this.#ports.now() + undoSeconds * 1000 });
      return true;
    } catch (error) {
      const problem = error instanceof Problem ? error : noAnswer();
      // Nobody logged in: the dialog on top of the page asks for the password, then it goes on.
      if (!problem.isPassing && problem.status !== 401) {
        this.#patch(entry.id, { state: "refused", problem: problem.document });
        return true;
      }
      const tries = entry.tries + 1;
      this.#patch(entry.id, { state: "waiting", tries, problem: problem.document });
      this.#ports.later(() => void this.flush(), retryAfter(tries));
      return false;
    }
  }

  /** The newest decision that can still be taken back. */
  undoable(): Entry | null {
    const now = this.#ports.now();
    const found = this.#entries.findLast(
      (one) =>
        one.verb !== "recuse" &&
        (one.state === "waiting" || (one.state === "sent" && one.undoUntil !== null && one.undoUntil > now)),
    );
    return found ?? null;
  }

  /** Takes a decision back: before it was sent it is dropped, afterwards the centre is asked. */
  async undo(id: string): Promise<"cancelled" | "undone"> {
    const entry = this.#entries.find((one) => one.id === id);
    if (!entry || entry.state === "waiting") {
      this.dismiss(id);
      return "cancelled";
    }
    await this.#ports.undo(entry);
    this.dismiss(id);
    return "undone";
  }

  dismiss(id: string): void {
    this.#set(this.#entries.filter((one) => one.id !== id));
  }

  /** Forgets what is on record for good. */
  sweep(): void {
    const now = this.#ports.now();
    const kept = this.#entries.filter((one) => one.state !== "sent" || (one.undoUntil ?? 0) > now);
    if (kept.length !== this.#entries.length) this.#set(kept);
  }

  /** Takes over what another tab of the same person left behind; sent twice, a decision counts once. */
  #adopt(): void {
    const before = this.#ports.now() - ORPHANED_AFTER_MS;
    const left = read(this.#ports.load()).filter((one) => !this.#known.has(one.id) && one.state === "waiting" && one.at < before);
    if (left.length > 0) this.#set([...this.#entries, ...left]);
  }

  #patch(id: string, change: Partial<Entry>): void {
    this.#set(this.#entries.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }

  #set(entries: readonly Entry[]): void {
    this.#entries = entries;
    for (const { id } of entries) this.#known.add(id);
    // Another tab keeps its own here too: what this one never had is left standing.
    const others = read(this.#ports.load()).filter((one) => !this.#known.has(one.id));
    this.#ports.save(JSON.stringify([...others, ...entries].slice(-MAX_KEPT)));
    for (const listener of this.#listeners) listener();
  }
}

/** What was kept; what was being sent when the page ended is sent again, under its own id. */
function read(text: string | null): readonly Entry[] {
  if (!text) return [];
  try {
    const kept: unknown = JSON.parse(text);
    if (!Array.isArray(kept)) return [];
    return (kept as Entry[])
      .filter((one) => typeof one?.id === "string" && typeof one.candidateId === "string")
      .map((one) => (one.state === "sending" ? { ...one, state: "waiting" as const } : one));
  } catch {
    return [];
  }
}
