// One chart with its title, its table as CSV and its picture as PNG.

import { DownloadOutlined, PictureOutlined } from "@ant-design/icons";
import { Button, Card, Skeleton, Tooltip } from "antd";
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { Failed, Nothing } from "../app/states";
import { init, type Chart, type ChartOption } from "./echarts";

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
    <Card size="small" title={title} className={`chart-card ${className}`} extra={
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
    </Card>
  );
}

interface ChartCardProps extends Omit<ChartFrameProps, "children" | "onPicture"> {
  name: string; // of the files
  option: ChartOption | null; // null: not loaded yet
  error?: unknown;
  onRetry: () => void;
  isEmpty?: boolean;
  summary: string; // for those who do not see the picture
  height?: number | string;
}

export function ChartCard({ name, option, error, onRetry, isEmpty = false, summary, height = 220, ...frame }: ChartCardProps) {
  const { t } = useTranslation("overview");
  const appearance = useAppearance();
  const place = useRef<HTMLDivElement | null>(null);
  const chart = useRef<Chart | null>(null);
  const isShown = option !== null && !isEmpty;
  useEffect(() => {
    if (!place.current || !isShown) return undefined;
    const made = init(place.current, appearance === "dark" ? "dark" : undefined);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [appearance, isShown]);
  useEffect(() => {
    if (isShown) chart.current?.setOption({ backgroundColor: "transparent", animationDuration: 250, ...option }, { notMerge: true });
  }, [appearance, isShown, option]);
  const savePicture = () => {
    const url = chart.current?.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: appearance === "dark" ? "#141414" : "#ffffff" });
    if (!url) return;
    const link = document.createElement("a");
    link.href = url;
    link.download = `${name}.png`;
    link.click();
  };
  return (
    <ChartFrame {...frame} {...(isShown ? { onPicture: savePicture } : {})}>
      {error !== undefined && error !== null && option === null
        ? <Failed error={error} onRetry={onRetry} />
        : option === null
          ? <Skeleton active paragraph={{ rows: 4 }} />
          : isEmpty
            ? <Nothing>{t("empty")}</Nothing>
            : <div ref={place} role="img" aria-label={`${frame.title}. ${summary}`} data-chart={name} style={{ height, width: "100%" }} />}
    </ChartFrame>
  );
}
