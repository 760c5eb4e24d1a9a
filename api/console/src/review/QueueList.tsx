// The list of what waits: only the lines in sight exist, grouped by priority.

import { useVirtualizer } from "@tanstack/react-virtual";
import { Button, Skeleton } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failed, Nothing } from "../app/states";
import { QueueRow } from "./QueueRow";
import type { Queue } from "./useQueue";
import type { QueueItem } from "./types";

const ROW_PX = 66;
const HEAD_PX = 28;
const OVERSCAN = 6;
const LOAD_WITHIN_ROWS = 30; // of the end: the next page is there before it is seen
const CLOCK_EVERY_MS = 20_000;

type Line = { head: number; total: number | null } | { item: QueueItem };

/** Headings between priorities, with the counts of the whole queue and not of what is loaded. */
export function linesOf(items: readonly QueueItem[], totals: ReadonlyMap<number, number>): readonly Line[] {
  const lines: Line[] = [];
  let priority: number | null = null;
  for (const item of items) {
    if (item.priority !== priority) {
      priority = item.priority;
      lines.push({ head: priority, total: totals.get(priority) ?? null }); // null: not known yet
    }
    lines.push({ item });
  }
  return lines;
}

interface QueueListProps {
  queue: Queue;
  selected: string | null;
  filtered: boolean;
  onOpen: (id: string) => void;
  onClear: () => void;
}

function useClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), CLOCK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const priorityName = (priority: number) => `queue.priority.${Math.min(Math.max(priority, 0), 3) as 0 | 1 | 2 | 3}` as const;

export function QueueList({ queue, selected, filtered, onOpen, onClear }: QueueListProps) {
  const { t } = useTranslation("review");
  const { book, counts, status, error, loadMore, reload } = queue;
  const scroller = useRef<HTMLDivElement | null>(null);
  const now = useClock();
  const totals = useMemo(() => {
    const found = new Map<number, number>();
    for (const { priority, total } of counts?.items ?? []) found.set(priority, (found.get(priority) ?? 0) + total);
    return found;
  }, [counts]);
  const lines = useMemo(() => linesOf(book.items, totals), [book.items, totals]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (lines[index] && "head" in lines[index] ? HEAD_PX : ROW_PX),
    getItemKey: (index) => {
      const line = lines[index];
      if (!line) return index;
      return "head" in line ? `head-${line.head}` : line.item.id;
    },
    overscan: OVERSCAN,
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lines.length > 0 && lastShown >= lines.length - LOAD_WITHIN_ROWS) loadMore();
  }, [lastShown, lines.length, loadMore]);
  useEffect(() => {
    const index = lines.findIndex((line) => "item" in line && line.item.id === selected);
    // After the item has been painted: asking for positions would make the browser lay out twice.
    const timer = setTimeout(() => index >= 0 && virtual.scrollToIndex(index, { align: "auto" }));
    return () => clearTimeout(timer);
    // Only when another one is opened: the list never moves because something arrived.
  }, [selected]);

  if (status === "loading" && book.items.length === 0) {
    return (
      <div className="queue-list" aria-busy="true">
        {Array.from({ length: 8 }, (_, index) => (
          <div key={index} className="queue-skeleton">
            <Skeleton.Node active style={{ width: 80, height: 48 }} />
            <Skeleton active title={false} paragraph={{ rows: 2 }} />
          </div>
        ))}
      </div>
    );
  }
  if (status === "failed" && book.items.length === 0) return <Failed error={error} onRetry={reload} />;
  if (lines.length === 0) {
    return (
      <div className="queue-list queue-empty">
        <Nothing>
          {filtered ? t("queue.emptyFiltered") : t("queue.empty")}
          {!filtered && <div className="quiet">{t("queue.emptyHelp")}</div>}
        </Nothing>
        {filtered && <Button size="small" onClick={onClear}>{t("queue.clear")}</Button>}
      </div>
    );
  }
  return (
    <div ref={scroller} className="queue-list" role="group" aria-label={t("queue.label")} tabIndex={-1}>
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {shown.map((row) => {
          const line = lines[row.index];
          if (!line) return null;
          return (
            <div key={row.key} className="queue-line" style={{ height: row.size, transform: `translateY(${row.start}px)` }}>
              {"head" in line ? (
                <h2 className="queue-head">
                  {t(priorityName(line.head))} <span className="figures">{line.total}</span>
                </h2>
              ) : (
                <QueueRow item={line.item} selected={line.item.id === selected} gone={book.gone.get(line.item.id)}
                  onOpen={onOpen} now={now} />
              )}
            </div>
          );
        })}
      </div>
      <div className="queue-end quiet">{book.next === null ? t("queue.end") : t("queue.loadingMore")}</div>
    </div>
  );
}
