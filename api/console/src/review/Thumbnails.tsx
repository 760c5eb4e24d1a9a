// All pictures of the evidence in a row, and the clip.

import { CaretRightOutlined, LockOutlined } from "@ant-design/icons";
import dayjs from "dayjs";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { addressOf, useFile } from "../viewer/useFile";
import type { ClipItem, Picture } from "./pictures";
import { roleWord } from "./roles";
import type { Stage } from "./stage";

interface ThumbnailProps {
  picture: Picture;
  side: "left" | "right" | null;
  onChoose: (side?: "left") => void;
  onBroken: (role: string, isBroken: boolean) => void;
}

function Thumbnail({ picture, side, onChoose, onBroken }: ThumbnailProps) {
  const { t } = useTranslation("review");
  const state = useFile(picture.file);
  const address = addressOf(state);
  const isBroken = picture.file !== null && address === null;
  useEffect(() => onBroken(picture.role, isBroken), [onBroken, picture.role, isBroken]);
  return (
    <button type="button" className="thumbnail" data-side={side} data-broken={isBroken} aria-pressed={side !== null}
      onClick={(event) => onChoose(event.shiftKey ? "left" : undefined)} title={dayjs(picture.at).format("HH:mm:ss")}>
      <span className="thumbnail-picture">
        {address ? <img src={address} alt="" decoding="async" draggable={false} /> : picture.file === null ? <LockOutlined /> : isBroken ? "▲" : null}
      </span>
      <span className="thumbnail-word">{roleWord(t, picture.role)}</span>
    </button>
  );
}

interface ThumbnailsProps {
  pictures: readonly Picture[];
  clip: ClipItem | null;
  stage: Stage;
  missing: string | null;
  onChoose: (index: number, side?: "left") => void;
  onClip: () => void;
  onBroken: (role: string, isBroken: boolean) => void;
}

export function Thumbnails({ pictures, clip, stage, missing, onChoose, onClip, onBroken }: ThumbnailsProps) {
  const { t } = useTranslation("review");
  const sideOf = (index: number) => {
    if (stage.mode === "clip" || stage.mode === "row") return null;
    if (index === stage.right) return "right";
    return index === stage.left && stage.mode !== "single" ? "left" : null;
  };
  return (
    <div className="thumbnails" role="group" aria-label={t("evidence.stills")}>
      {pictures.map((picture, index) => (
        <Thumbnail key={picture.name} picture={picture} side={sideOf(index)} onBroken={onBroken}
          onChoose={(side) => onChoose(index, side)} />
      ))}
      {clip && (
        <button type="button" className="thumbnail" aria-pressed={stage.mode === "clip"} onClick={onClip}>
          <span className="thumbnail-picture thumbnail-clip"><CaretRightOutlined /></span>
          <span className="thumbnail-word">{t("evidence.role.clip")}</span>
        </button>
      )}
      {missing && <span className="thumbnail-missing">◌ {missing}</span>}
    </div>
  );
}
