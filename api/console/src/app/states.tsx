// What a page shows while it has nothing to show: starting, empty, failed, service away.

import { Button, Empty, Result, Spin } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";

export function Starting() {
  const { t } = useTranslation();
  return (
    <div className="centred" role="status">
      <Spin size="large" description={t("loading")} />
    </div>
  );
}

/** What a problem says, in the reader's language where its code is known, else as the API put it. */
export function useProblemText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Problem)) return t("problem.unknown");
    if (error.code === "no_answer" || error.code === "api_away") return t(`problem.${error.code}`);
    if (error.status === 403) return t("problem.forbidden");
    if (error.status === 404) return t("problem.not_found");
    return error.message || t("problem.unknown");
  };
}

export function ServiceAway({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="centred">
      <Result
        status="warning"
        title={t("line.away")}
        subTitle={t("problem.no_answer")}
        extra={
          <Button type="primary" onClick={onRetry}>
            {t("action.retry")}
          </Button>
        }
      />
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  const reference = error instanceof Problem ? error.document["request_id"] : undefined;
  return (
    <Result
      status="warning"
      title={t("problem.title")}
      subTitle={
        <>
          {say(error)}
          {typeof reference === "string" && (
            <div className="quiet figures">{t("problem.reference", { id: reference })}</div>
          )}
        </>
      }
      extra={onRetry && <Button onClick={onRetry}>{t("action.retry")}</Button>}
    />
  );
}

export function Nothing({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={children ?? t("empty.nothing")} />;
}
