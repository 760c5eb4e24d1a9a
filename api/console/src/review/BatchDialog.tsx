// Choosing which advertisements of a street and day are rejected together, and why.

import { Alert, Button, Modal, Skeleton } from "antd";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { useProblemText } from "../app/states";
import { LEAST_BATCH } from "./batch";
import { useRefusalWords } from "./Pending";
import { ReasonList } from "./RejectDialog";
import type { QueueItem, RejectReason } from "./types";

interface BatchDialogProps {
  items: readonly QueueItem[]; // as they were when the dialog was opened
  onClose: () => void;
  onReject: (items: readonly QueueItem[], reason: RejectReason, note: string) => Promise<void>;
}

export default function BatchDialog({ items, onClose, onReject }: BatchDialogProps) {
  const { t } = useTranslation(["review", "common"]);
  const say = useProblemText();
  const sayRefusal = useRefusalWords();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set()); // out of the batch
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const chosen = items.filter((item) => !left.has(item.id));
  const toggle = (id: string) => setLeft(new Set(left.has(id) ? [...left].filter((one) => one !== id) : [...left, id]));
  const send = async (reason: RejectReason, note: string) => {
    if (chosen.length < LEAST_BATCH || isBusy) return;
    setIsBusy(true);
    setProblem(null);
    try {
      await onReject(chosen, reason, note);
    } catch (failure) {
      const known = failure instanceof Problem && failure.status === 409 ? sayRefusal(failure.document) : say(failure);
      setProblem(`${t("batch.nothing")} ${known}`);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Modal open title={t("batch.title")} footer={null} onCancel={onClose} width={860} destroyOnHidden className="batch" style={{ top: 24 }}>
      <p className="quiet">{t("batch.said")}</p>
      <div className="batch-items" role="group" aria-label={t("batch.title")}>
        {items.map((item) => (
          <button key={item.id} type="button" role="checkbox" aria-checked={!left.has(item.id)} className="batch-item" onClick={() => toggle(item.id)}>
            <span className="batch-picture">{item.thumbnail && <img src={item.thumbnail} alt="" />}</span>
            <span className="batch-words"><span aria-hidden="true">{left.has(item.id) ? "☐" : "☑"}</span> {item.camera_name || item.camera_id}</span>
            <span className="figures quiet">#{item.number} · {dayjs(item.started_at).format("HH:mm")}</span>
          </button>
        ))}
      </div>
      <div className="batch-foot">
        <strong className="figures">{t("batch.chosen", { count: chosen.length, all: items.length })}</strong>
        <Button size="small" onClick={() => setLeft(left.size === 0 ? new Set(items.map((item) => item.id)) : new Set())}>
          {t(left.size === 0 ? "batch.none" : "batch.all")}
        </Button>
        {chosen.length < LEAST_BATCH && <span className="quiet">{t("batch.tooFew")}</span>}
      </div>
      {problem && <Alert type="warning" showIcon role="alert" title={problem} />}
      {isBusy ? <Skeleton active paragraph={{ rows: 3 }} title={false} /> : <ReasonList onReject={(reason, note) => void send(reason, note)} />}
    </Modal>
  );
}
