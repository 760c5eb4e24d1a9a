import { describe, expect, it } from "vitest";
import { begun, changed, MAX_STEPS, redone, settled, undone } from "./history";

describe("history", () => {
  it("goes back and forth", () => {
    const two = changed(changed(begun(0), 1), 2);
    expect(undone(two).present).toBe(1);
    expect(undone(undone(undone(two))).present).toBe(0);
    expect(redone(undone(two))).toEqual(two);
    expect(redone(two)).toBe(two);
  });

  it("forgets what was undone when something new is done", () => {
    const again = changed(undone(changed(begun(0), 1)), 5);
    expect(redone(again).present).toBe(5);
    expect(undone(again).present).toBe(0);
  });

  it("counts a drag as one step", () => {
    let history = begun(0);
    for (const x of [1, 2, 3]) history = changed(history, x, "drag");
    history = changed(settled(history), 4, "drag");
    expect(undone(history).present).toBe(3);
    expect(undone(undone(history)).present).toBe(0);
  });

  it("ignores what changes nothing, and has a bound", () => {
    const start = begun(0);
    expect(changed(start, 0)).toBe(start);
    let history = start;
    for (let step = 1; step <= 5 * MAX_STEPS; step += 1) history = changed(history, step);
    expect(history.past).toHaveLength(MAX_STEPS);
  });
});
