// The keys of the review desk. They appear in the help (?) because they are registered here.

import { useMemo, useRef, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useKeys, type KeyAction } from "../app/keys";
import type { ClipHandle } from "../viewer/Clip";
import { LEAST_BATCH } from "./batch";
import { checks } from "./types";
import type { Review } from "./useReview";

export type Dialog = "reject" | "need_more" | "recuse" | "batch" | null;

interface Parts {
  clip: RefObject<ClipHandle | null>;
  setDialog: (dialog: Dialog) => void;
  focusSearch: () => void;
}

export function useReviewKeys(review: Review, parts: Parts): void {
  const { t } = useTranslation("review");
  // The actions are made once; what they act on is always the newest.
  const latest = useRef({ review, parts });
  latest.current = { review, parts };
  const actions = useMemo<readonly KeyAction[]>(() => {
    const now = () => latest.current.review;
    const desk = (keys: string[], label: string, act: (event: KeyboardEvent) => void): KeyAction => ({ keys, label, group: t("keys.group"), act });
    const evidence = (keys: string[], label: string, act: () => void): KeyAction => ({ keys, label, group: t("keys.groupEvidence"), act });
    const dialog = (name: Dialog) => {
      if (now().detail && now().toJudge.length === 0) latest.current.parts.setDialog(name);
    };
    const play = () => {
      const { clip, stage, dispatch, originals } = now();
      if (!clip) return;
      if (stage.mode !== "clip") dispatch({ do: "mode", mode: "clip" });
      if (clip.isOriginal && !originals.opened.has(clip.name)) originals.ask(clip.name);
      else latest.current.parts.clip.current?.toggle();
    };
    return [
      desk(["j", "arrowdown"], t("keys.next"), () => now().step(1)),
      desk(["k", "arrowup"], t("keys.previous"), () => now().step(-1)),
      desk(["1", "2", "3", "4"], t("keys.tick"), (event) => {
        const check = checks[Number(event.key) - 1];
        if (check) now().tick(check);
      }),
      desk(["enter"], t("keys.confirm"), (event) => {
        if (!event.repeat) now().confirm();
      }),
      desk(["x"], t("keys.reject"), () => dialog("reject")),
      desk(["m"], t("keys.needMore"), () => dialog("need_more")),
      desk(["y"], t("keys.batch"), () => {
        if (now().batchItems.length >= LEAST_BATCH) dialog("batch");
      }),
      desk(["r"], t("keys.recuse"), () => dialog("recuse")),
      desk(["u"], t("keys.undo"), () => now().undoLast()),
      desk(["n"], t("keys.claimNext"), () => void now().claimNext()),
      desk(["a"], t("keys.fresh"), () => now().queue.join()),
      desk(["/"], t("keys.search"), () => latest.current.parts.focusSearch()),
      evidence([" "], t("keys.play"), play),
      evidence([","], t("keys.stepBack"), () => latest.current.parts.clip.current?.step(-1)),
      evidence(["."], t("keys.stepForward"), () => latest.current.parts.clip.current?.step(1)),
      evidence(["l"], t("keys.layer"), () => now().dispatch({ do: "layer" })),
      evidence(["z"], t("keys.zoom"), () => {
        const { detail, dispatch } = now();
        if (detail) dispatch({ do: "zoom", box: detail.box });
      }),
      evidence(["c"], t("keys.compare"), () => now().dispatch({ do: "cycle", count: now().pictures.length })),
      evidence(["b"], t("keys.slider"), () => now().dispatch({ do: "slider", pictures: now().pictures })),
      evidence(["o"], t("keys.original"), () => {
        const { pictures, stage, originals } = now();
        const name = pictures[stage.right]?.original;
        if (name) originals.ask(name);
      }),
    ];
  }, [t]);
  useKeys(actions);
}
