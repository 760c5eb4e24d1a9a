// Before an item is chosen: what waits, by kind, and one key to begin.

import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Notice } from "../app/states";
import { Violation, violations, type ViolationCode } from "../parts/Violation";
import type { QueueCounts } from "./types";

interface StartProps {
  counts: QueueCounts | undefined;
  onBegin: () => void;
  onKind: (violation: ViolationCode) => void;
}

export function Start({ counts, onBegin, onKind }: StartProps) {
  const { t } = useTranslation("review");
  const waiting = (violation: ViolationCode) =>
    (counts?.items ?? []).filter((one) => one.violation === violation).reduce((sum, one) => sum + one.total, 0);
  return (
    <Notice shape="○" title={t("detail.nothingTitle")} extra={
      <>
        <Button type="primary" onClick={onBegin}>{t("detail.begin")} <kbd>J</kbd></Button>
        <div className="start-kinds">
          {violations.map((violation) => (
            <button key={violation} type="button" className="start-kind" disabled={waiting(violation) === 0} onClick={() => onKind(violation)}>
              <Violation violation={violation} />
              <strong className="figures">{waiting(violation)}</strong>
            </button>
          ))}
        </div>
      </>
    }>
      {t("detail.nothingHelp")}
    </Notice>
  );
}
