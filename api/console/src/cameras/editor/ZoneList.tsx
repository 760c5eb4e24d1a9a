// The zones of a view as a list: kind by colour and word, and what is wrong with each.

import { BorderOutlined, EditOutlined } from "@ant-design/icons";
import { Button, Dropdown, Space } from "antd";
import { useTranslation } from "react-i18next";
import { kindColours } from "../kinds";
import { zoneKinds, type Zone, type ZoneKind, type ZoneProblem } from "../settings";
import { problemText } from "../words";

interface ZoneListProps {
  zones: readonly Zone[];
  problems: ReadonlyMap<string, ZoneProblem>;
  selectedId: string | null;
  onSelect: (id: string) => void;
  onDraw?: (kind: ZoneKind) => void; // none: only to look at
  onRectangle?: (kind: ZoneKind) => void;
}

/** A zone that was chosen on the picture is seen in the list. */
const intoView = (row: HTMLElement | null) => row?.scrollIntoView({ block: "nearest" });

export function KindSwatch({ kind }: { kind: ZoneKind }) {
  return <span className="kind-swatch" aria-hidden="true" data-kind={kind} style={{ borderColor: kindColours[kind], color: kindColours[kind] }} />;
}

export function ZoneList({ zones, problems, selectedId, onSelect, onDraw, onRectangle }: ZoneListProps) {
  const { t } = useTranslation("cameras");
  const kinds = (act: (kind: ZoneKind) => void) => ({
    items: zoneKinds.map((kind) => ({ key: kind, label: t(`kind.${kind}`), icon: <KindSwatch kind={kind} />, title: t(`kindHelp.${kind}`) })),
    onClick: ({ key }: { key: string }) => {
      const kind = zoneKinds.find((one) => one === key);
      if (kind) act(kind);
    },
  });
  return (
    <section className="zone-list" aria-label={t("zone.zones")}>
      {onDraw && onRectangle && (
        <Space.Compact block>
          <Dropdown menu={kinds(onDraw)} trigger={["click"]}>
            <Button type="primary" icon={<EditOutlined />} style={{ flex: 1 }}>{t("zone.draw")}</Button>
          </Dropdown>
          <Dropdown menu={kinds(onRectangle)} trigger={["click"]}>
            <Button icon={<BorderOutlined />} style={{ flex: 1 }}>{t("zone.rectangle")}</Button>
          </Dropdown>
        </Space.Compact>
      )}
      {zones.length === 0 && <p className="quiet">{onDraw ? t("zone.none") : t("list.noZones")}</p>}
      <ul>
        {zones.map((zone) => {
          const problem = problems.get(zone.id);
          return (
            <li key={zone.id}>
              <button type="button" className="zone-row" aria-pressed={zone.id === selectedId} data-zone-row={zone.id}
                ref={zone.id === selectedId ? intoView : null} onClick={() => onSelect(zone.id)}>
                <KindSwatch kind={zone.kind} />
                <span className="one-line"><strong>{t(`kind.${zone.kind}`)}</strong> {zone.name}</span>
                <span className="quiet figures">{t("zone.corners", { count: zone.polygon.length })}</span>
                {problem && <span className="zone-problem">⚠ {problemText(problem, t)}</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
