// The editor of zones, privacy masks and permits on the camera's own picture.

import { RedoOutlined, SaveOutlined, UndoOutlined } from "@ant-design/icons";
import { Alert, App, Button, Checkbox, Tooltip } from "antd";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useKeys, type KeyAction } from "../../app/keys";
import { useSession } from "../../app/session";
import { When } from "../../parts/When";
import { PictureFrame } from "../../viewer/PictureFrame";
import { WHOLE, type View } from "../../viewer/view";
import { emptyPicture } from "../emptyPicture";
import type { Polygon } from "../polygon";
import { pictureUrl, useCamera, useCameraVersion, type CameraDetail } from "../queries";
import { isGb28181, settingsFrom, type ZoneKind } from "../settings";
import { canBeSaved, draftOf, withHours, withNewZone, withoutZone, withZone } from "./draft";
import { useDraft } from "./useDraft";
import { ViewForm } from "./ViewForm";
import { ZoneCanvas } from "./ZoneCanvas";
import { ZoneList } from "./ZoneList";

// Needed once a zone is chosen, a version is saved, or somebody else saved first.
const ZoneForm = lazy(async () => ({ default: (await import("./ZoneForm")).ZoneForm }));
const SaveDialog = lazy(async () => ({ default: (await import("./SaveDialog")).SaveDialog }));
const MergeDialog = lazy(async () => ({ default: (await import("./MergeDialog")).MergeDialog }));

const RECTANGLE: Polygon = [[0.35, 0.4], [0.65, 0.4], [0.65, 0.7], [0.35, 0.7]];

interface ZonesTabProps {
  camera: CameraDetail;
  restore: Restored | null; // an old version that becomes the draft
  onRestored: () => void;
}

export function ZonesTab({ camera, restore, onRestored }: ZonesTabProps) {
  const { t } = useTranslation(["cameras", "common"]);
  const { modal, message } = App.useApp();
  const { has } = useSession();
  const isReadOnly = !has("admin") || camera.retired_at !== null;
  const draft = useDraft(camera);
  const [view, setView] = useState<View>(WHOLE);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [drawing, setDrawing] = useState<ZoneKind | null>(null);
  const [snaps, setSnaps] = useState(true);
  const [showZones, setShowZones] = useState(true);
  const [isSaving, setIsSaving] = useState(false);
  const [note, setNote] = useState("");
  const [isStale, setIsStale] = useState(false);
  const newest = useCamera(camera.id);
  const baseVersion = useCameraVersion(camera.id, draft.base ? null : draft.basedOn);
  const picture = usePicture(camera);
  const { settings, inHours } = draft.draft;
  const selected = settings.zones.find((zone) => zone.id === selectedId);
  const blocked = draft.problems.size + (isGb28181(settings.gb28181_id) ? 0 : 1);

  const { base, setBase, set } = draft;
  useEffect(() => {
    if (baseVersion.data && !base) setBase(settingsFrom(camera.id, baseVersion.data.settings));
  }, [base, baseVersion.data, camera.id, setBase]);
  useEffect(() => {
    if (!restore) return;
    set(() => draftOf(restore.settings));
    message.info(t("version.restored", { number: restore.number }));
    onRestored();
  }, [message, onRestored, restore, set, t]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    if (draft.isChanged) window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [draft.isChanged]);

  const add = (kind: ZoneKind, polygon: Polygon) => {
    const added = withNewZone(draft.draft, kind, polygon);
    draft.set(() => added.draft);
    setSelectedId(added.id);
  };
  const keys = useMemo<KeyAction[]>(() => {
    const group = t("editor.keys");
    return [
      { keys: ["n"], label: t("editor.keyDraw"), group, act: () => setDrawing("no_vending"), disabled: isReadOnly },
      { keys: ["u"], label: t("editor.undo"), group, act: draft.undo, disabled: isReadOnly },
      { keys: ["l"], label: t("editor.layer"), group, act: () => setShowZones((old) => !old) },
      { keys: ["z"], label: t("editor.whole"), group, act: () => setView(WHOLE) },
      { keys: ["escape"], label: t("zone.zones"), group, act: () => setSelectedId(null) },
      // Kept by the corners themselves; named here for the help.
      { keys: ["←", "↑", "→", "↓"], label: t("editor.keyNudge"), group, act: () => undefined },
      { keys: ["del"], label: t("editor.keyDelete"), group, act: () => undefined },
    ];
  }, [draft.undo, isReadOnly, t]);
  useKeys(keys);
  useUndoKeys(draft.undo, draft.redo);

  return (
    <div className="editor">
      <div className="editor-stage">
        <div className="editor-tools">
          <Tooltip title={`${t("editor.undo")} (Ctrl Z)`}>
            <Button icon={<UndoOutlined />} aria-label={t("editor.undo")} disabled={!draft.canUndo} onClick={draft.undo} />
          </Tooltip>
          <Tooltip title={`${t("editor.redo")} (Ctrl Y)`}>
            <Button icon={<RedoOutlined />} aria-label={t("editor.redo")} disabled={!draft.canRedo} onClick={draft.redo} />
          </Tooltip>
          {!isReadOnly && <Checkbox checked={snaps} onChange={(event) => setSnaps(event.target.checked)}>{t("editor.snap")}</Checkbox>}
          <Checkbox checked={showZones} onChange={(event) => setShowZones(event.target.checked)}>{t("editor.layer")}</Checkbox>
          <Button type="text" disabled={view.zoom === 1} onClick={() => setView(WHOLE)}>{t("editor.whole")}</Button>
          <span className="editor-picture-time quiet small">
            {picture.at && <>{t("editor.pictureAt")} <When at={picture.at} /></>}
            {picture.isOld && <Button size="small" type="link" onClick={picture.renew}>{t("editor.newPicture")}</Button>}
          </span>
        </div>
        <div className="editor-picture">
          <PictureFrame url={picture.url ?? emptyPicture} alt={t("editor.picture", { name: camera.name || camera.id })} view={view} onView={setView}>
            {showZones && (
              <ZoneCanvas zones={settings.zones} problems={draft.problems} selectedId={selectedId} onSelect={setSelectedId} zoom={view.zoom}
                isDrawing={drawing !== null} snaps={snaps} onSettle={draft.settle}
                onDrawn={(polygon) => {
                  if (polygon && drawing) add(drawing, polygon);
                  setDrawing(null);
                }}
                onShape={(id, polygon, gesture) => {
                  if (!isReadOnly) draft.set((old) => withZone(old, id, { polygon }), gesture && `${gesture}-${id}`);
                }} />
            )}
          </PictureFrame>
        </div>
        {drawing && <Alert type="info" banner title={t("common:named", { name: t(`kind.${drawing}`), value: t("editor.drawing") })} />}
        {!picture.url && <Alert type="info" banner title={t("editor.noPicture")} />}
      </div>
      <aside className="editor-side">
        {draft.isRestored && draft.isChanged && <Alert type="info" showIcon title={t("editor.restored", { number: draft.basedOn })} />}
        {camera.version === null && <Alert type="info" showIcon title={t("editor.boxSettings")} />}
        {isReadOnly && <p className="quiet">{t("editor.readOnly")}</p>}
        <ZoneList zones={settings.zones} problems={draft.problems} selectedId={selectedId} onSelect={setSelectedId}
          {...(isReadOnly ? {} : { onDraw: setDrawing, onRectangle: (kind: ZoneKind) => add(kind, RECTANGLE) })} />
        {selected
          ? <Suspense fallback={null}><ZoneForm key={selected.id} zone={selected} inHours={inHours.includes(selected.id)} problem={draft.problems.get(selected.id)} isReadOnly={isReadOnly}
              onChange={(change, gesture) => draft.set((old) => withZone(old, selected.id, change), gesture ?? null)}
              onHours={(wanted) => draft.set((old) => withHours(old, selected.id, wanted))}
              onRemove={() => {
                draft.set((old) => withoutZone(old, selected.id));
                setSelectedId(null);
              }} /></Suspense>
          : <ViewForm settings={settings} isReadOnly={isReadOnly}
              onChange={(change, gesture) => draft.set((old) => ({ ...old, settings: { ...old.settings, ...change } }), gesture)} />}
        {!isReadOnly && (
          <footer className="editor-save">
            <span className="quiet small" role="status" title={blocked > 0 ? t("problem.blockedHelp") : ""}>
              {!draft.isChanged ? t("editor.nothing") : blocked > 0 ? `⚠ ${t("problem.blocked", { count: blocked })}` : t("editor.unsaved")}
            </span>
            <Button disabled={!draft.isChanged} onClick={() => modal.confirm({ title: t("editor.discardAsk"), onOk: draft.discard })}>
              {t("editor.discard")}
            </Button>
            <Button type="primary" icon={<SaveOutlined />} disabled={!draft.isChanged || !canBeSaved(draft.draft)} onClick={() => setIsSaving(true)}>
              {t("editor.save")}
            </Button>
          </footer>
        )}
      </aside>
      {isSaving && <Suspense fallback={null}><SaveDialog open settings={settings} basedOn={draft.basedOn} note={note} onNote={setNote} onClose={() => setIsSaving(false)}
        onSaved={(version, saved) => {
          draft.startFrom(version, settingsFrom(camera.id, saved));
          setNote("");
          setIsSaving(false);
        }}
        onStale={() => {
          setIsSaving(false);
          void newest.refetch().then(() => setIsStale(true));
        }} /></Suspense>}
      {isStale && newest.data && base && (
        <Suspense fallback={null}><MergeDialog base={base} mine={settings} theirs={settingsFrom(camera.id, newest.data.settings)}
          theirVersion={newest.data.version ?? 0} changedBy={newest.data.held?.changed_by ?? ""}
          onClose={() => setIsStale(false)}
          onMerged={(merged) => {
            const theirs = settingsFrom(camera.id, newest.data.settings);
            draft.startFrom(newest.data.version ?? 0, theirs, draftOf(merged));
            setIsStale(false);
            message.success(t("stale.merged", { number: newest.data.version ?? 0 }));
          }} /></Suspense>
      )}
    </div>
  );
}

export interface Restored {
  number: number;
  settings: ReturnType<typeof settingsFrom>;
}

/** The picture stays while somebody draws on it; a newer one is offered, not forced. */
function usePicture(camera: CameraDetail) {
  const [shown, setShown] = useState({ url: pictureUrl(camera), at: camera.picture_at });
  const renew = () => setShown({ url: pictureUrl(camera), at: camera.picture_at });
  return { ...shown, isOld: camera.picture_at !== shown.at, renew };
}

function useUndoKeys(undo: () => void, redo: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      const target = event.target;
      const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
      if (!(event.ctrlKey || event.metaKey) || isTyping) return; // text fields have an undo of their own
      if (key === "z" && !event.shiftKey) undo();
      else if (key === "y" || (key === "z" && event.shiftKey)) redo();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [redo, undo]);
}
