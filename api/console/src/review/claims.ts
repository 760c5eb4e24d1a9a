// Whose turn it is: a claim is taken when an item is opened, renewed while somebody works on it, and
// given back when they leave it undecided.

import { Problem } from "../api/problem";

export type Claim =
  | { is: "none" }
  | { is: "claiming" }
  | { is: "mine"; version: number; until: number } // epoch, ms
  | { is: "other"; name: string; until: string | null }
  | { is: "failed"; problem: Problem };

export interface Granted {
  version: number;
  until: number;
}

export interface ClaimPorts {
  take: (id: string) => Promise<Granted>;
  renew: (id: string) => Promise<Granted>;
  release: (id: string) => Promise<number>; // the candidate's version afterwards
  now: () => number;
  onVersion: (id: string, version: number) => void;
}

const NONE: Claim = { is: "none" };
const FRESH_ENOUGH_MS = 20_000; // a lease with less left is taken again before it is relied upon
const MAX_KEPT = 100; // candidates whose last claim is remembered

export class Claims {
  #claims = new Map<string, Claim>();
  #flights = new Map<string, Promise<Claim>>();
  #listeners = new Set<() => void>();

  constructor(private readonly ports: ClaimPorts) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly of = (id: string): Claim => this.#claims.get(id) ?? NONE;

  /** Takes a candidate, or says why not; asks only if the lease is not good anyway. */
  take(id: string): Promise<Claim> {
    const known = this.of(id);
    if (known.is === "mine" && known.until - this.ports.now() > FRESH_ENOUGH_MS) return Promise.resolve(known);
    const flight = this.#flights.get(id);
    if (flight) return flight;
    this.#set(id, { is: "claiming" });
    const begun = this.#ask(id, this.ports.take).finally(() => this.#flights.delete(id));
    this.#flights.set(id, begun);
    return begun;
  }

  /** More time for what is held; a lease that was lost shows as such. */
  async renew(id: string): Promise<void> {
    if (this.of(id).is === "mine" && !this.#flights.has(id)) await this.#ask(id, this.ports.renew);
  }

  /** Gives back what is held; nothing is lost if this does not get through, the lease just ends. */
  async release(id: string): Promise<void> {
    await this.#flights.get(id);
    if (this.of(id).is !== "mine") return;
    this.#set(id, NONE);
    try {
      this.ports.onVersion(id, await this.ports.release(id));
    } catch {
      // the lease runs out by itself
    }
  }

  /** What an answer to something else said about a claim. */
  note(id: string, claim: Claim): void {
    this.#set(id, claim);
  }

  async #ask(id: string, call: (id: string) => Promise<Granted>): Promise<Claim> {
    const claim = await call(id).then(
      (granted): Claim => ({ is: "mine", ...granted }),
      (error: unknown) => refusal(error),
    );
    const held = this.of(id);
    // A renewal that did not get through takes nothing away before the lease has ended.
    if (claim.is === "failed" && claim.problem.isPassing && held.is === "mine" && held.until > this.ports.now()) {
      return held;
    }
    if (claim.is === "mine") this.ports.onVersion(id, claim.version);
    this.#set(id, claim);
    return claim;
  }

  #set(id: string, claim: Claim): void {
    this.#claims.delete(id);
    this.#claims.set(id, claim);
    for (const old of this.#claims.keys()) {
      if (this.#claims.size <= MAX_KEPT) break;
      this.#claims.delete(old);
    }
    for (const listener of this.#listeners) listener();
  }
}

function refusal(error: unknown): Claim {
  const problem = error instanceof Problem ? error : new Problem({ status: 0, title: "", detail: "", code: "no_answer" });
  const fields = problem.fields;
  if (problem.code === "claimed") {
    const { claimed_by: name, claimed_until: until } = fields;
    return { is: "other", name: String(name ?? ""), until: typeof until === "string" ? until : null };
  }
  return { is: "failed", problem };
}
