// Two pictures of one place, before over after, with a divider that is dragged or moved by arrows.

import { Slider } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PictureFrame, type Shape } from "./PictureFrame";
import type { View } from "./view";

interface CompareProps {
  before: string | null | undefined;
  after: string | null | undefined;
  view: View;
  onView: (view: View) => void;
  shapes?: readonly Shape[];
  showShapes?: boolean;
}

export function Compare({ before, after, view, onView, shapes, showShapes }: CompareProps) {
  const { t } = useTranslation();
  const [share, setShare] = useState(50); // of the width that shows "before", in percent
  return (
    <div className="compare">
      <div className="compare-pictures">
        <PictureFrame url={after} alt={t("picture.after")} view={view} onView={onView}
          {...(shapes ? { shapes } : {})} {...(showShapes === undefined ? {} : { showShapes })} />
        <div className="compare-before" style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}>
          <PictureFrame url={before} alt={t("picture.before")} view={view} onView={onView}
            {...(shapes ? { shapes } : {})} {...(showShapes === undefined ? {} : { showShapes })} />
        </div>
        <span className="compare-line" style={{ left: `${share}%` }} aria-hidden="true" />
        <span className="compare-word compare-word-before">{t("picture.before")}</span>
        <span className="compare-word compare-word-after">{t("picture.after")}</span>
      </div>
      <Slider value={share} onChange={setShare} tooltip={{ open: false }} ariaLabelForHandle={t("picture.divider")} />
    </div>
  );
}
