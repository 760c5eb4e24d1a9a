// What the evidence part of the screen shows: which pictures, how, and under which view.

import { onBox, WHOLE, type View } from "../viewer/view";
import { beforeAfterOf, pairOf, type Picture } from "./pictures";

export const modes = ["pair", "row", "single", "slider", "clip"] as const;
export type Mode = (typeof modes)[number];

export interface Stage {
  mode: Mode;
  left: number;
  right: number; // the one that is chosen; alone in "single"
  view: View;
  layer: boolean;
}

export type StageAction =
  | { do: "open"; violation: string; pictures: readonly Picture[] }
  | { do: "choose"; index: number; side?: "left" | "right" }
  | { do: "mode"; mode: Mode }
  | { do: "cycle"; count: number }
  | { do: "slider"; pictures: readonly Picture[] }
  | { do: "layer" }
  | { do: "view"; view: View }
  | { do: "zoom"; box: readonly [number, number, number, number] };

export const firstStage: Stage = { mode: "pair", left: 0, right: 0, view: WHOLE, layer: true };

const MIN_FOR_ROW = 3; // fewer are the pair

export function stageReducer(stage: Stage, action: StageAction): Stage {
  switch (action.do) {
    case "open": {
      const [left, right] = pairOf(action.violation, action.pictures);
      // How somebody likes to look stays; what they look at is new.
      const mode = stage.mode === "row" || stage.mode === "single" ? stage.mode : "pair";
      return { ...stage, mode: left === right ? "single" : mode, left, right, view: WHOLE };
    }
    case "choose": {
      const mode = stage.mode === "clip" || stage.mode === "slider" ? "pair" : stage.mode;
      if (action.side === "left") return { ...stage, mode, left: action.index };
      return { ...stage, mode, right: action.index };
    }
    case "mode":
      return { ...stage, mode: action.mode };
    case "cycle": {
      const round: Mode[] = action.count >= MIN_FOR_ROW ? ["pair", "row", "single"] : ["pair", "single"];
      return { ...stage, mode: round[(round.indexOf(stage.mode) + 1) % round.length] ?? "pair" };
    }
    case "slider": {
      if (stage.mode === "slider") return { ...stage, mode: "pair" };
      const found = beforeAfterOf(action.pictures);
      return found ? { ...stage, mode: "slider", left: found[0], right: found[1] } : stage;
    }
    case "layer":
      return { ...stage, layer: !stage.layer };
    case "view":
      return { ...stage, view: action.view };
    case "zoom":
      return { ...stage, view: stage.view.zoom > 1 ? WHOLE : onBox(action.box) };
  }
}
