// The evidence of one candidate: pictures side by side under one view, slider, clip, thumbnails.

import { BorderOuterOutlined, ColumnWidthOutlined, PlayCircleOutlined, ZoomInOutlined } from "@ant-design/icons";
import { Button, Segmented } from "antd";
import { useMemo, useState, type Dispatch, type ReactNode, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { fixed } from "../parts/figures";
import { Clip, type ClipHandle } from "../viewer/Clip";
import { Compare } from "../viewer/Compare";
import { addressOf, useFile } from "../viewer/useFile";
import { onBox, type View } from "../viewer/view";
import { EvidencePicture, Watermark, type PictureSettings } from "./EvidencePicture";
import type { Originals } from "./originals";
import { beforeAfterOf, type ClipItem, type Picture } from "./pictures";
import { roleWord } from "./roles";
import { shapesOf } from "./shapes";
import { modes, type Mode, type Stage, type StageAction } from "./stage";
import { Thumbnails } from "./Thumbnails";
import { Timeline } from "./Timeline";
import type { CandidateDetail } from "./types";

const NEAR_MARGIN = 1.5; // sides of the near view over those of the subject

interface EvidenceProps {
  detail: CandidateDetail;
  pictures: readonly Picture[];
  clip: ClipItem | null;
  stage: Stage;
  dispatch: Dispatch<StageAction>;
  originals: Originals;
  clipHandle: Ref<ClipHandle>;
  aside?: ReactNode; // beside the tools
  onBroken: (role: string, isBroken: boolean) => void;
}

function Slider({ before, after, stage, dispatch, shapes }: {
  before: Picture;
  after: Picture;
  stage: Stage;
  dispatch: Dispatch<StageAction>;
  shapes: ReturnType<typeof shapesOf>;
}) {
  const [left, right] = [useFile(before.file), useFile(after.file)];
  return (
    <Compare before={addressOf(left)} after={addressOf(right)} view={stage.view} shapes={shapes} showShapes={stage.layer}
      onView={(view) => dispatch({ do: "view", view })} />
  );
}

function ClipPlace({ clip, originals, handle, pictures }: {
  clip: ClipItem;
  originals: Originals;
  handle: Ref<ClipHandle>;
  pictures: number | null;
}) {
  const { t } = useTranslation("review");
  const opened = originals.opened.get(clip.name);
  const wanted = opened?.file ?? clip.file;
  const state = useFile(wanted);
  if (!wanted) {
    return (
      <div className="picture-locked">
        <span>{t("evidence.clipLocked")}</span>
        <Button type="primary" onClick={() => originals.ask(clip.name)}>{t("evidence.openOriginal")}</Button>
      </div>
    );
  }
  return (
    <div className="clip-place">
      <Clip url={addressOf(state)} pictures={pictures} handle={handle} />
      {opened && <Watermark opened={opened} />}
    </div>
  );
}

function Tools({ stage, dispatch, pictures, clip, box, aside }: {
  aside: ReactNode;
  stage: Stage;
  dispatch: Dispatch<StageAction>;
  pictures: readonly Picture[];
  clip: ClipItem | null;
  box: CandidateDetail["box"];
}) {
  const { t } = useTranslation(["review", "common"]);
  const possible = modes.filter((mode) => {
    if (mode === "slider") return beforeAfterOf(pictures) !== null;
    if (mode === "clip") return clip !== null;
    return mode === "single" || pictures.length > (mode === "row" ? 2 : 1);
  });
  const choose = (mode: Mode) => dispatch(mode === "slider" ? { do: "slider", pictures } : { do: "mode", mode });
  return (
    <div className="evidence-tools">
      <Segmented<Mode> size="small" value={stage.mode} onChange={choose} aria-label={t("evidence.modeLabel")}
        options={possible.map((mode) => ({
          value: mode, label: t(`evidence.mode.${mode}`),
          ...(mode === "clip" ? { icon: <PlayCircleOutlined /> } : mode === "slider" ? { icon: <ColumnWidthOutlined /> } : {}),
        }))} />
      <Button size="small" type="text" icon={<BorderOuterOutlined />} aria-pressed={stage.layer} title={`${t("keys.layer")} (L)`}
        className={stage.layer ? "tool-on" : ""} onClick={() => dispatch({ do: "layer" })}>
        {t("common:picture.layer")}
      </Button>
      <Button size="small" type="text" icon={<ZoomInOutlined />} title={`${t("keys.zoom")} (Z)`} onClick={() => dispatch({ do: "zoom", box })}>
        {t(stage.view.zoom > 1 ? "common:picture.whole" : "common:picture.subject")}
      </Button>
      <span className="figures quiet zoom-figure">{stage.view.zoom > 1 ? `${fixed(stage.view.zoom, 1)}×` : ""}</span>
      <span className="tools-aside">{aside}</span>
    </div>
  );
}

export function Evidence({ detail, pictures, clip, stage, dispatch, originals, clipHandle, aside, onBroken }: EvidenceProps) {
  const { t } = useTranslation("review");
  const shapes = useMemo(() => shapesOf(detail), [detail]);
  const settings: PictureSettings = {
    view: stage.view, onView: (view) => dispatch({ do: "view", view }), shapes, layer: stage.layer,
    opened: originals.opened, onOpenOriginal: originals.ask, onBroken,
  };
  // The frames stay from item to item, which paints the next one sooner; their views begin anew.
  const [moved, setMoved] = useState<{ id: string; view: View } | null>(null);
  const nearView = moved?.id === detail.id ? moved.view : onBox(detail.box, NEAR_MARGIN);
  const near: PictureSettings = { ...settings, view: nearView, onView: (view) => setMoved({ id: detail.id, view }) };
  const indices =
    stage.mode === "row" ? pictures.map((_, index) => index)
    : stage.mode === "single" ? [stage.right]
    : [stage.left, stage.right];
  const [left, right] = [pictures[stage.left], pictures[stage.right]];
  const clipItem = clip ? detail.evidence.find((item) => item.name === clip.name) : undefined;
  // Below the whole frames the subject in both, while nobody zooms: what one would do next anyway.
  const pair = [left, right].filter((picture) => picture !== undefined);
  const isNear = stage.mode === "pair" && stage.view.zoom <= 1 && pair.length === 2 && pair.every((picture) => picture.isWhole);
  const missing = detail.template?.missing ?? [];
  return (
    <section className="evidence" aria-label={t("evidence.label")}>
      <div className="evidence-stage" data-mode={stage.mode} data-count={indices.length} data-near={isNear}>
        {pictures.length === 0 && <div className="picture-missing">{t("evidence.missingStills")}</div>}
        {stage.mode === "clip" && clip ? (
          <ClipPlace clip={clip} originals={originals} handle={clipHandle} pictures={clipItem?.pictures ?? null} />
        ) : stage.mode === "slider" && left && right ? (
          <Slider before={left} after={right} stage={stage} dispatch={dispatch} shapes={shapes} />
        ) : (
          indices.map((index, place) => {
            const picture = pictures[index];
            return picture ? <EvidencePicture key={place} picture={picture} settings={settings} /> : null;
          })
        )}
        {isNear && pair.map((picture, place) => (
          <EvidencePicture key={`near-${place}`} picture={picture} settings={near} isNear />
        ))}
      </div>
      <Tools stage={stage} dispatch={dispatch} pictures={pictures} clip={clip} box={detail.box} aside={aside} />
      <Timeline detail={detail} pictures={pictures} chosen={stage.mode === "single" ? [stage.right] : [stage.left, stage.right]}
        onChoose={(index) => dispatch({ do: "choose", index })} />
      <Thumbnails pictures={pictures} clip={clip} stage={stage} onBroken={onBroken}
        missing={missing.length > 0 ? t("evidence.missing", { roles: missing.map((role) => roleWord(t, role)).join(t("list")) }) : null}
        onChoose={(index, side) => dispatch({ do: "choose", index, ...(side ? { side } : {}) })}
        onClip={() => dispatch({ do: "mode", mode: "clip" })} />
    </section>
  );
}
