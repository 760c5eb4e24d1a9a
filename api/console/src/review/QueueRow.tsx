// One line of the queue: what, where, since when, how urgent, and who is at it.

import { memo } from "react";
import { useTranslation } from "react-i18next";
import { formatSpan } from "../parts/When";
import { Violation } from "../parts/Violation";
import type { Gone } from "./book";
import type { QueueItem } from "./types";

interface QueueRowProps {
  item: QueueItem;
  selected: boolean;
  gone: Gone | undefined;
  onOpen: (id: string) => void;
  now: number;
}

function Due({ item, now }: { item: QueueItem; now: number }) {
  const { t, i18n } = useTranslation("review");
  const seconds = (Date.parse(item.due_at) - now) / 1000;
  const span = formatSpan(Math.max(Math.abs(seconds), 60), i18n.language, "short");
  return seconds < 0 ? (
    <span className="due due-late">▲ {t("queue.late", { span })}</span>
  ) : (
    <span className="due">{t("queue.left", { span })}</span>
  );
}

function Standing({ item, gone }: Pick<QueueRowProps, "item" | "gone">) {
  const { t } = useTranslation("review");
  if (gone) return <span className="row-note">{t("queue.decidedElsewhere")}</span>;
  if (item.integrity_frozen) return <span className="row-note row-alarm">▲ {t("queue.damaged")}</span>;
  if (!item.claim) return null;
  if (item.claim.mine) return <span className="row-note row-claimed">● {t("queue.mineNow")}</span>;
  const { user_name: name } = item.claim;
  return <span className="row-note row-claimed">● {name ? t("queue.claimedBy", { name }) : t("queue.claimedBySomebody")}</span>;
}

export const QueueRow = memo(function QueueRow({ item, selected, gone, onOpen, now }: QueueRowProps) {
  const { i18n } = useTranslation("review");
  const lasted = (Date.parse(item.ended_at ?? item.last_seen_at) - Date.parse(item.started_at)) / 1000;
  const isElsewhere = gone !== undefined || item.integrity_frozen || (item.claim !== null && !item.claim.mine);
  return (
    <button type="button" className="queue-row" data-selected={selected} data-gone={gone} data-id={item.id}
      aria-current={selected} onClick={() => onOpen(item.id)} tabIndex={selected ? 0 : -1}>
      <span className="queue-picture">
        {item.thumbnail && <img src={item.thumbnail} alt="" loading="lazy" decoding="async" />}
      </span>
      <span className="queue-words">
        <span className="queue-what"><Violation violation={item.violation} /></span>
        <span className="queue-where">
          <span className="queue-camera">{item.camera_name || item.camera_id}</span>
          <span className="figures queue-span">{formatSpan(lasted, i18n.language, "short")}</span>
        </span>
        <span className="queue-when figures">
          {/* What a colleague holds is not late for the reader: who holds it is what counts. */}
          {!isElsewhere && <Due item={item} now={now} />}
          <Standing item={item} gone={gone} />
        </span>
      </span>
    </button>
  );
});
