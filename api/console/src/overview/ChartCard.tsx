// One chart with its title, its table as CSV and its picture as PNG.

import { DownloadOutlined, PictureOutlined } from "@ant-design/icons";
import { Button, Skeleton, Tooltip } from "antd";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Failed, Nothing } from "../app/states";
import { Panel } from "../parts/Panel";
import { savePicture } from "./savePicture";

interface ChartFrameProps {
  title: string;
  extra?: ReactNode;
  csv: { href: string } | { onSave: () => void };
  onPicture?: () => void;
  children: ReactNode;
  className?: string;
}

export function ChartFrame({ title, extra, csv, onPicture, children, className = "" }: ChartFrameProps) {
  const { t } = useTranslation("overview");
  return (
    <Panel title={title} className={`chart-card ${className}`} extra={
      <span className="chart-tools">
        {extra}
        <Tooltip title={t("csv")}>
          <Button size="small" type="text" icon={<DownloadOutlined />} aria-label={`${t("csv")}: ${title}`}
            {...("href" in csv ? { href: csv.href } : { onClick: csv.onSave })} />
        </Tooltip>
        {onPicture && (
          <Tooltip title={t("png")}>
            <Button size="small" type="text" icon={<PictureOutlined />} aria-label={`${t("png")}: ${title}`} onClick={onPicture} />
          </Tooltip>
        )}
      </span>
    }>
      {children}
    </Panel>
  );
}

interface ChartCardProps extends Omit<ChartFrameProps, "onPicture"> {
  name: string; // of the files
  isLoading: boolean;
  error?: unknown;
  onRetry: () => void;
  isEmpty?: boolean;
  summary: string; // for those who do not see the picture
}

export function ChartCard({ name, isLoading, error, onRetry, isEmpty = false, summary, children, ...frame }: ChartCardProps) {
  const { t } = useTranslation("overview");
  const place = useRef<HTMLDivElement | null>(null);
  const isShown = !isLoading && !isEmpty;
  const picture = () => void savePicture(place.current?.querySelector("svg"), name);
  return (
    <ChartFrame {...frame} {...(isShown ? { onPicture: picture } : {})}>
      {error !== undefined && error !== null && isLoading
        ? <Failed error={error} onRetry={onRetry} />
        : isLoading
          ? <Skeleton active paragraph={{ rows: 4 }} />
          : isEmpty
            ? <Nothing>{t("empty")}</Nothing>
            : <div ref={place} role="img" aria-label={`${frame.title}. ${summary}`} data-chart={name}>{children}</div>}
    </ChartFrame>
  );
}
