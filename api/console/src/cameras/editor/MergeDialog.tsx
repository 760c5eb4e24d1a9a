// Somebody saved first: what both changed, and a choice for each.

import { Alert, Modal, Radio } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../parts/DataTable";
import { changedFields, defaultSide, merged, mergeItems, type MergeItem, type Side } from "../merge";
import type { CameraSettings, Zone } from "../settings";
import { itemName, valueText } from "../words";

interface MergeDialogProps {
  base: CameraSettings;
  mine: CameraSettings;
  theirs: CameraSettings;
  theirVersion: number;
  changedBy: string;
  onMerged: (settings: CameraSettings) => void;
  onClose: () => void;
}

export function MergeDialog(props: MergeDialogProps) {
  const { base, mine, theirs, theirVersion, changedBy, onMerged, onClose } = props;
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const [chosen, setChosen] = useState<Record<string, Side>>({});
  const items = mergeItems(base, mine, theirs);
  const result = merged(mine, theirs, items, chosen);
  const open = items.filter((item) => !(chosen[item.key] ?? defaultSide(item))).length;
  const words = { both: t("stale.both"), mine: t("stale.onlyMine"), theirs: t("stale.onlyTheirs") };
  return (
    <Modal open width={860} title={t("stale.title")} okText={t("stale.take")} cancelText={tc("action.cancel")}
      okButtonProps={{ disabled: !result, "data-testid": "take-merge" }}
      onOk={() => result && onMerged(result)} onCancel={onClose}>
      <Alert type="warning" showIcon style={{ marginBottom: 12 }}
        title={t("stale.text", { who: changedBy || "–", number: theirVersion })}
        description={open > 0 ? t("stale.missing", { count: open }) : t("stale.same")} />
      <DataTable<MergeItem> label={t("stale.title")} keyOf={(item) => item.key} rows={items} empty={t("version.nothing")} testId="merge-items"
        columns={[
          { key: "item", title: t("stale.item"), cell: (item) => (
            <>{itemName(item, t)}<div className="quiet small">{words[item.changedBy]}</div></>
          ) },
          ...(["mine", "theirs"] as const).map((side) => ({
            title: side === "mine" ? t("stale.mine") : t("stale.theirs", { number: theirVersion }),
            key: side,
            cell: (item: MergeItem) => (
              <Radio checked={(chosen[item.key] ?? defaultSide(item)) === side} data-side={side}
                onChange={() => setChosen({ ...chosen, [item.key]: side })}>
                <ItemValue item={item} side={side} />
              </Radio>
            ),
          })),
        ]} />
    </Modal>
  );
}

function ItemValue({ item, side }: { item: MergeItem; side: Side }) {
  const { t } = useTranslation("cameras");
  const { t: tc } = useTranslation();
  const value = item[side];
  if (item.zoneId === null) return <>{valueText(item.key, value, t)}</>;
  if (value === undefined) return <>{t("stale.absent")}</>;
  const zone = value as Zone;
  const fields = changedFields(item.base as Zone | undefined, zone);
  if (fields.length === 0) return <span className="quiet">{item.base === undefined ? t("version.added") : t("version.nothing")}</span>;
  return (
    <span className="merge-value">
      {fields.map((field) => <span key={field}>{tc("named", { name: t(`field.${field}`), value: valueText(field, zone[field], t) })}</span>)}
    </span>
  );
}
