import { describe, expect, it, vi } from "vitest";
import { noAnswer, Problem } from "../api/problem";
import { Outbox, retryAfter, SEND_AFTER_MS, type Entry, type Ports } from "./outbox";

const decision = (id: string, candidateId = `c-${id}`) => ({
  id,
  candidateId,
  number: 1,
  violation: "STREET_VENDING",
  seenVersion: 2,
  verb: "reject" as const,
  body: { update: 0, verdict: "reject" as const, reason: "weather" as const, missing: [], note: "", fact: { text: "" } },
  note: "",
});

function world(send: Ports["send"] = async () => ({ undoSeconds: 10 })) {
  let kept: string | null = null;
  const waiting: (() => void)[] = [];
  const clock = { now: 1_000_000 };
  const ports: Ports = {
    send,
    undo: vi.fn(async () => undefined),
    now: () => clock.now,
    later: (act, milliseconds) => void (milliseconds === SEND_AFTER_MS ? act() : waiting.push(act)),
    load: () => kept,
    save: (text) => {
      kept = text;
    },
  };
  return { ports, clock, waiting, kept: () => JSON.parse(kept ?? "[]") as Entry[] };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const conflict = new Problem({ status: 409, title: "", detail: "changed", code: "stale" });

describe("the outbox", () => {
  it("leaves standing what another tab of the same person keeps, and takes it over once it is orphaned", async () => {
    const { ports, clock, kept } = world(async () => {
      throw noAnswer();
    });
    const [here, there] = [new Outbox(ports), new Outbox(ports)];
    there.add(decision("theirs"));
    here.add(decision("ours"));
    await settled();
    expect(kept().map((one) => one.id).sort()).toEqual(["ours", "theirs"]);
    await here.flush();
    expect(here.entries().map((one) => one.id)).toEqual(["ours"]); // too fresh: its own tab sends it
    clock.now += 61_000;
    await here.flush();
    expect(here.entries().map((one) => one.id).sort()).toEqual(["ours", "theirs"]);
    here.dismiss("ours");
    expect(kept().map((one) => one.id)).toEqual(["theirs"]);
  });

  it("sends what was decided and keeps it for the time to undo", async () => {
    const { ports, clock } = world();
    const outbox = new Outbox(ports);
    outbox.add(decision("a"));
    await settled();
    expect(outbox.entries()[0]?.state).toBe("sent");
    expect(outbox.undoable()?.id).toBe("a");
    clock.now += 10_001;
    expect(outbox.undoable()).toBeNull();
    outbox.sweep();
    expect(outbox.entries()).toEqual([]);
  });

  it("takes a double click as one decision", async () => {
    const send = vi.fn(async () => ({ undoSeconds: 10 }));
    const outbox = new Outbox(world(send).ports);
    expect(outbox.add(decision("a", "same"))).toBe(true);
    expect(outbox.add(decision("b", "same"))).toBe(false);
    await settled();
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("keeps a decision over a lost line and a closed page, and sends it under the same id", async () => {
    let isUp = false;
    const send = vi.fn(async (entry: Entry) => {
      if (!isUp) throw noAnswer();
      return { undoSeconds: 10, entry };
    });
    const { ports, waiting, kept } = world(send);
    const before = new Outbox(ports);
    before.add(decision("a"));
    await settled();
    expect(kept()[0]).toMatchObject({ id: "a", state: "waiting", tries: 1 });
    expect(waiting).toHaveLength(1);
    isUp = true;
    const after = new Outbox(ports); // the page was opened again
    await after.flush();
    expect(after.entries()[0]).toMatchObject({ id: "a", state: "sent" });
  });

  it("sends again what was being sent when the page ended", () => {
    const { ports } = world();
    ports.save(JSON.stringify([{ ...decision("a"), state: "sending", tries: 0 }]));
    expect(new Outbox(ports).entries()[0]?.state).toBe("waiting");
  });

  it("says why one was refused, keeps its text, and goes on with the next", async () => {
    const send = async (entry: Entry) => {
      if (entry.id === "a") throw conflict;
      return { undoSeconds: 10 };
    };
    const outbox = new Outbox(world(send).ports);
    outbox.add({ ...decision("a"), note: "a long note" });
    outbox.add(decision("b"));
    await settled();
    expect(outbox.entries().map((one) => one.state)).toEqual(["refused", "sent"]);
    expect(outbox.entries()[0]).toMatchObject({ note: "a long note", problem: { code: "stale" } });
  });

  it("waits for the password where nobody is logged in any more", async () => {
    const send = async () => {
      throw new Problem({ status: 401, title: "", detail: "", code: "not_logged_in" });
    };
    const outbox = new Outbox(world(send).ports);
    outbox.add(decision("a"));
    await settled();
    expect(outbox.entries()[0]?.state).toBe("waiting");
  });

  it("drops an undone decision that was not sent, and asks the centre about one that was", async () => {
    const { ports } = world(async () => {
      throw noAnswer();
    });
    const outbox = new Outbox(ports);
    outbox.add(decision("a"));
    await settled();
    expect(await outbox.undo("a")).toBe("cancelled");
    expect(ports.undo).not.toHaveBeenCalled();
    const sent = world();
    const other = new Outbox(sent.ports);
    other.add(decision("b"));
    await settled();
    expect(await other.undo("b")).toBe("undone");
    expect(sent.ports.undo).toHaveBeenCalledOnce();
  });

  it("reads nothing from what is no list", () => {
    const { ports } = world();
    ports.save("{broken");
    expect(new Outbox(ports).entries()).toEqual([]);
    ports.save('{"a":1}');
    expect(new Outbox(ports).entries()).toEqual([]);
  });

  it("waits longer each time, up to half a minute", () => {
    expect([1, 2, 3, 9].map(retryAfter)).toEqual([1000, 2000, 4000, 30_000]);
  });
});
