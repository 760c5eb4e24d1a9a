// Saving a new version with a note; where somebody was faster, their changes and ours side by side.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { Problem } from "../../api/problem";
import { useProblemText } from "../../app/states";
import type { CameraSettings } from "../settings";

interface SaveDialogProps {
  open: boolean;
  settings: CameraSettings;
  basedOn: number;
  note: string;
  onNote: (note: string) => void;
  onSaved: (version: number, settings: Record<string, unknown> | null) => void;
  onStale: () => void;
  onClose: () => void;
}

export function SaveDialog({ open, settings, basedOn, note, onNote, onSaved, onStale, onClose }: SaveDialogProps) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const say = useProblemText();
  const [problem, setProblem] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: () =>
      body(api.PUT("/api/v1/cameras/{camera_id}/settings", {
        params: { path: { camera_id: settings.id } },
        // The view's type is the core's; on the wire it is plain JSON.
        body: { based_on: basedOn, settings: { ...settings } as never, note: note.trim() },
      })),
    onSuccess: (camera) => {
      const version = camera.version ?? 0;
      message.success(version === basedOn ? t("editor.unchanged") : t("editor.saved", { number: version }));
      onSaved(version, camera.settings);
      void queries.invalidateQueries({ queryKey: ["camera", settings.id] });
      void queries.invalidateQueries({ queryKey: ["cameras"] });
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === "version_stale") onStale();
      else setProblem(say(error));
    },
  });
  return (
    <Modal open={open} title={t("editor.save")} okText={tc("action.save")} cancelText={tc("action.cancel")} destroyOnHidden
      confirmLoading={save.isPending} okButtonProps={{ "data-testid": "save-version" }}
      onOk={() => {
        setProblem(null);
        save.mutate();
      }}
      onCancel={() => {
        setProblem(null);
        onClose();
      }}>
      <Form layout="vertical">
        <Form.Item label={t("editor.note")} htmlFor="version-note" extra={t("editor.noteHelp")}>
          <Input.TextArea id="version-note" value={note} maxLength={1000} rows={3} autoFocus placeholder={t("editor.notePlaceholder")}
            onChange={(event) => onNote(event.target.value)} />
        </Form.Item>
        {problem && <Alert type="error" showIcon role="alert" title={problem} />}
      </Form>
    </Modal>
  );
}
