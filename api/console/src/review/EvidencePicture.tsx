// One picture of the evidence under the shared view, with its caption, its layer and its watermark.

import { FileProtectOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import dayjs from "dayjs";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { PictureFrame, type Shape } from "../viewer/PictureFrame";
import { addressOf, useFile } from "../viewer/useFile";
import { WHOLE, type View } from "../viewer/view";
import type { Opened } from "./originals";
import type { Picture } from "./pictures";
import { roleWord } from "./roles";

export interface PictureSettings {
  view: View;
  onView: (view: View) => void;
  shapes: readonly Shape[];
  layer: boolean;
  opened: ReadonlyMap<string, Opened>;
  onOpenOriginal: (name: string) => void;
  onBroken: (role: string, isBroken: boolean) => void;
}

/** What a person sees of an opened original: who opened it and when lies over it. */
export function Watermark({ opened }: { opened: Opened }) {
  const { t } = useTranslation("review");
  const text = t("evidence.watermark", { name: opened.by, at: dayjs(opened.at).format("YYYY-MM-DD HH:mm:ss") });
  return (
    <div className="watermark" aria-hidden="true">
      {Array.from({ length: 12 }, (_, index) => <span key={index}>{text}</span>)}
    </div>
  );
}

interface EvidencePictureProps {
  picture: Picture;
  settings: PictureSettings;
  isNear?: boolean; // the same picture once more, near the subject
}

export function EvidencePicture({ picture, settings, isNear = false }: EvidencePictureProps) {
  const { t } = useTranslation(["review", "common"]);
  const { view, onView, shapes, layer, opened, onOpenOriginal, onBroken } = settings;
  const original = picture.original === null ? undefined : opened.get(picture.original);
  const state = useFile(original ? original.file : picture.file);
  const isBroken = picture.file !== null && (state.is === "missing" || state.is === "damaged");
  useEffect(() => onBroken(picture.role, isBroken), [onBroken, picture.role, isBroken]);
  const word = roleWord(t, picture.role);
  if (picture.file === null && !original) {
    return (
      <div className="picture-locked">
        <span>{word} · {t("evidence.onlyOriginal")}</span>
        <Button size="small" onClick={() => onOpenOriginal(picture.name)}>{t("evidence.openOriginal")}</Button>
      </div>
    );
  }
  return (
    <PictureFrame url={addressOf(state)} alt={`${word} ${dayjs(picture.at).format("HH:mm:ss")}`}
      view={picture.isWhole ? view : WHOLE} onView={picture.isWhole ? onView : () => undefined}
      shapes={picture.isWhole ? shapes : []} showShapes={layer}
      onState={(shown) => onBroken(picture.role, shown === "broken")}
      caption={
        <>
          {word}{isNear ? ` · ${t("common:picture.subject")}` : ""} <span className="figures">{dayjs(picture.at).format("HH:mm:ss")}</span>
          {original && <> · {t("evidence.opened")}</>}
        </>
      }>
      {original && <Watermark opened={original} />}
      {!original && !isNear && picture.original !== null && (
        <Tooltip title={t("evidence.openOriginal")}>
          <Button className="picture-original" size="small" type="text" icon={<FileProtectOutlined />}
            aria-label={`${t("evidence.openOriginal")}: ${word}`} onPointerDown={(event) => event.stopPropagation()}
            onClick={() => onOpenOriginal(picture.original ?? "")} />
        </Tooltip>
      )}
    </PictureFrame>
  );
}
