// Asking for more evidence, and recusing oneself.

import { Checkbox, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { missingEvidence, type MissingEvidence } from "./types";

const MAX_NOTE = 2000;
const MIN_REASON = 4;

interface NeedMoreProps {
  open: boolean;
  suggested: readonly MissingEvidence[];
  onClose: () => void;
  onSend: (missing: MissingEvidence[], note: string) => void;
}

export function NeedMoreDialog({ open, suggested, onClose, onSend }: NeedMoreProps) {
  const { t } = useTranslation(["review", "common"]);
  const [missing, setMissing] = useState<MissingEvidence[] | null>(null);
  const [note, setNote] = useState("");
  const chosen = missing ?? [...suggested];
  const isWhole = chosen.length > 0 && (!chosen.includes("other") || note.trim() !== "");
  const close = () => {
    setMissing(null);
    setNote("");
    onClose();
  };
  const send = () => {
    if (!isWhole) return;
    onSend(chosen, note.trim());
    close();
  };
  return (
    <Modal open={open} title={t("decide.needMoreTitle")} okText={t("decide.send")} cancelText={t("common:action.cancel")}
      okButtonProps={{ disabled: !isWhole }} onOk={send} onCancel={close} width={440} destroyOnHidden>
      <Checkbox.Group<MissingEvidence> className="missing-list" value={chosen} onChange={setMissing}
        options={missingEvidence.map((value) => ({ value, label: t(`decide.missing.${value}`) }))} />
      <Input value={note} autoFocus placeholder={t("decide.note")} aria-label={t("decide.note")} maxLength={MAX_NOTE}
        onChange={(event) => setNote(event.target.value)} onPressEnter={send} />
      {chosen.includes("other") && note.trim() === "" && <p className="desk-why">{t("decide.noteNeeded")}</p>}
    </Modal>
  );
}

export function RecuseDialog({ open, onClose, onSend }: { open: boolean; onClose: () => void; onSend: (note: string) => void }) {
  const { t } = useTranslation(["review", "common"]);
  const [note, setNote] = useState("");
  const isWhole = note.trim().length >= MIN_REASON;
  const send = () => {
    if (!isWhole) return;
    onSend(note.trim());
    setNote("");
  };
  return (
    <Modal open={open} title={t("decide.recuseTitle")} okText={t("decide.recuse")} cancelText={t("common:action.cancel")}
      okButtonProps={{ disabled: !isWhole }} onOk={send} onCancel={onClose} width={440} destroyOnHidden>
      <p>{t("decide.recuseHelp")}</p>
      <Input.TextArea autoFocus rows={3} value={note} aria-label={t("decide.recuseReason")} placeholder={t("decide.recuseReason")}
        maxLength={MAX_NOTE} onChange={(event) => setNote(event.target.value)} />
    </Modal>
  );
}
