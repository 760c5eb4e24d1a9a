// Before an unredacted original is shown: what for, why, and that it is registered.

import { useTranslation } from "react-i18next";
import { PurposeDialog } from "../parts/PurposeDialog";
import type { Originals } from "./originals";

export default function OriginalDialog({ originals }: { originals: Originals }) {
  const { t } = useTranslation("review");
  return (
    <PurposeDialog open={originals.asking !== null} title={t("original.title")} said={t("original.said")} okText={t("original.open")}
      onClose={originals.close} onSubmit={originals.open} />
  );
}
