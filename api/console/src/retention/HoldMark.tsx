// That a record's evidence is kept from deletion.

import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour } from "../app/theme";

export function HoldMark() {
  const { t } = useTranslation("retention");
  return (
    <span className="state" data-hold="true" title={t("hold.help")} style={{ color: stateColour("claimed", useAppearance()) }}>
      <span aria-hidden="true">▣</span> {t("hold.on")}
    </span>
  );
}
