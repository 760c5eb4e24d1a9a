import { describe, expect, it, vi } from "vitest";
import { noAnswer, Problem } from "../api/problem";
import { Claims, type ClaimPorts, type Granted } from "./claims";

function world(more: Partial<ClaimPorts> = {}) {
  const clock = { now: 0 };
  const granted = async (): Promise<Granted> => ({ version: 3, until: clock.now + 300_000 });
  const ports: ClaimPorts = {
    take: vi.fn(granted), renew: vi.fn(granted), release: vi.fn(async () => 4), now: () => clock.now, onVersion: vi.fn(), ...more,
  };
  return { claims: new Claims(ports), ports, clock };
}

describe("claims", () => {
  it("ask once, however often they are wanted", async () => {
    const { claims, ports } = world();
    expect(await Promise.all([claims.take("a"), claims.take("a")])).toHaveLength(2);
    await claims.take("a");
    expect(ports.take).toHaveBeenCalledTimes(1);
    expect(claims.of("a")).toMatchObject({ is: "mine", version: 3 });
    expect(ports.onVersion).toHaveBeenCalledWith("a", 3);
  });

  it("ask again before a lease that is about to end is relied upon", async () => {
    const { claims, ports, clock } = world();
    await claims.take("a");
    clock.now = 299_000;
    await claims.take("a");
    expect(ports.take).toHaveBeenCalledTimes(2);
  });

  it("say who holds it and until when", async () => {
    const conflict = new Problem({
      status: 409, title: "", detail: "", code: "claimed", fields: { claimed_by: "Li", claimed_until: "2030-01-01T00:00:00Z" },
    });
    const { claims } = world({ take: () => Promise.reject(conflict) });
    expect(await claims.take("a")).toEqual({ is: "other", name: "Li", until: "2030-01-01T00:00:00Z" });
  });

  it("hold on through a lost line until the lease ends", async () => {
    const { claims, clock } = world({ renew: () => Promise.reject(noAnswer()) });
    await claims.take("a");
    await claims.renew("a");
    expect(claims.of("a").is).toBe("mine");
    clock.now = 300_001;
    await claims.renew("a");
    expect(claims.of("a").is).toBe("failed");
  });

  it("give back what is held, and nothing else", async () => {
    const { claims, ports } = world();
    await claims.release("a");
    expect(ports.release).not.toHaveBeenCalled();
    await claims.take("a");
    await claims.release("a");
    expect(ports.onVersion).toHaveBeenLastCalledWith("a", 4);
    expect(claims.of("a").is).toBe("none");
  });
});
