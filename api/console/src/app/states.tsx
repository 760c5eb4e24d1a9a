// What a page shows while it has nothing to show: starting, empty, failed, service away.

import { Button, Empty, Spin } from "antd";
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

interface NoticeProps {
  shape: "▲" | "○" | "✓";
  title: string;
  children?: ReactNode;
  extra?: ReactNode;
}

/** What there is to say instead of a page: a shape, a title, what to do. */
export function Notice({ shape, title, children, extra }: NoticeProps) {
  return (
    <div className="notice" role="status">
      <div className="notice-shape" data-shape={shape} aria-hidden="true">{shape}</div>
      <h2>{title}</h2>
      {children && <div className="quiet">{children}</div>}
      {extra && <div className="notice-extra">{extra}</div>}
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
      <Notice shape="▲" title={t("line.away")} extra={<Button type="primary" onClick={onRetry}>{t("action.retry")}</Button>}>
        {t("problem.no_answer")}
      </Notice>
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const say = useProblemText();
  if (error instanceof Problem && error.status === 401) return null; // the dialog on top asks for the password
  const reference = error instanceof Problem ? error.document["request_id"] : undefined;
  return (
    <Notice shape="▲" title={t("problem.title")} extra={onRetry && <Button onClick={onRetry}>{t("action.retry")}</Button>}>
      {say(error)}
      {typeof reference === "string" && <div className="figures">{t("problem.reference", { id: reference })}</div>}
    </Notice>
  );
}

export function Nothing({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={children ?? t("empty.nothing")} />;
}
