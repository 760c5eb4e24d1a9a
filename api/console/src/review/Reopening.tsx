// Where the decision would be, for a candidate that expired unjudged: it can be judged after all.

import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface ReopeningProps {
  onReopen: () => Promise<void>;
}

export function Reopening({ onReopen }: ReopeningProps) {
  const { t } = useTranslation("review");
  const [isBusy, setIsBusy] = useState(false);
  const reopen = async () => {
    setIsBusy(true);
    await onReopen();
    setIsBusy(false);
  };
  return (
    <section className="desk" aria-label={t("reopening.title")}>
      <p className="desk-said"><strong>{t("reopening.title")}</strong><br />{t("reopening.said")}</p>
      <Button block loading={isBusy} onClick={() => void reopen()}>{t("reopening.button")}</Button>
    </section>
  );
}
