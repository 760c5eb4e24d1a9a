// X, then a letter or a few, then Enter: the reason of a rejection.

import { Input, Modal, type InputRef } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { foundReasons } from "./reasons";
import type { RejectReason } from "./types";

interface RejectDialogProps {
  open: boolean;
  onClose: () => void;
  onReject: (reason: RejectReason, note: string) => void;
}

const MAX_NOTE = 2000;

export function RejectDialog({ open, onClose, onReject }: RejectDialogProps) {
  const { t } = useTranslation("review");
  return (
    <Modal open={open} title={t("decide.rejectTitle")} footer={null} onCancel={onClose} width={480} destroyOnHidden
      closable={false} transitionName="" maskTransitionName="">
      <ReasonList onReject={onReject} />
    </Modal>
  );
}

/** Reasons by a letter, by words or pinyin; a reason that is chosen is the answer. */
export function ReasonList({ onReject }: Pick<RejectDialogProps, "onReject">) {
  const { t } = useTranslation("review");
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [note, setNote] = useState("");
  const [asked, setAsked] = useState(false);
  const searchInput = useRef<InputRef | null>(null);
  const noteInput = useRef<InputRef | null>(null);
  // The next key belongs to the search, whatever the dialog would focus.
  useEffect(() => {
    searchInput.current?.focus();
    const frame = requestAnimationFrame(() => searchInput.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  const found = foundReasons(typed, (code) => t(`decide.reason.${code}`));
  const marked = found[Math.min(at, found.length - 1)];
  const choose = (code: RejectReason) => {
    if (code === "other" && note.trim() === "") {
      setAsked(true);
      setTyped("o");
      setAt(0);
      noteInput.current?.focus();
      return;
    }
    onReject(code, note.trim());
  };
  return (
    <div className="reject" onKeyDown={(event) => {
      if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
      else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
      else if (event.key === "Enter" && marked && !event.nativeEvent.isComposing) choose(marked.code);
      else return;
      event.preventDefault();
    }}>
      <Input ref={searchInput} autoFocus value={typed} placeholder={t("decide.rejectSearch")} aria-label={t("decide.rejectSearch")}
        role="combobox" aria-expanded aria-controls="reject-reasons" aria-activedescendant={marked ? `reason-${marked.code}` : undefined}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }} />
      <ul className="reject-reasons" id="reject-reasons" role="listbox" aria-label={t("decide.rejectTitle")}>
        {found.map(({ code, letter }) => (
          <li key={code} id={`reason-${code}`} role="option" aria-selected={code === marked?.code} onClick={() => choose(code)}>
            <kbd>{letter.toUpperCase()}</kbd> {t(`decide.reason.${code}`)}
          </li>
        ))}
      </ul>
      <Input ref={noteInput} value={note} placeholder={t("decide.note")} aria-label={t("decide.note")} maxLength={MAX_NOTE}
        status={asked && note.trim() === "" ? "warning" : ""} onChange={(event) => setNote(event.target.value)} />
      {asked && note.trim() === "" && <p className="desk-why" role="alert">{t("decide.noteNeeded")}</p>}
    </div>
  );
}
