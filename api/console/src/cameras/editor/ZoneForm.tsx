// What one zone means: kind, name, and for a permit its document, dates, business and hours.

import { DeleteOutlined } from "@ant-design/icons";
import { Alert, Button, Form, Input, InputNumber, Radio, Select } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { SpanField } from "../../parts/Dates";
import { businesses, zoneKinds, type Zone, type ZoneProblem } from "../settings";
import { stretchesOf, windowsOf } from "../week";
import { problemText } from "../words";
import { KindSwatch } from "./ZoneList";
import { WeekGrid } from "./WeekGrid";

interface ZoneFormProps {
  zone: Zone;
  inHours: boolean;
  problem: ZoneProblem | undefined;
  isReadOnly: boolean;
  onChange: (change: Partial<Zone>, gesture?: string) => void;
  onHours: (inHours: boolean) => void;
  onRemove: () => void;
}

const day = (value: string | null) => (value ? dayjs(value) : null);

export function ZoneForm({ zone, inHours, problem, isReadOnly, onChange, onHours, onRemove }: ZoneFormProps) {
  const { t } = useTranslation("cameras");
  const isPermit = zone.kind === "permitted" || zone.kind === "permitted_ad";
  return (
    <Form layout="vertical" className="zone-form" disabled={isReadOnly} aria-label={zone.name || t(`kind.${zone.kind}`)}>
      {problem && <Alert type="warning" showIcon title={problemText(problem, t)} data-testid="zone-problem" />}
      <div className="form-pair">
        <Form.Item label={t("zone.kind")} htmlFor="zone-kind">
          <Select id="zone-kind" value={zone.kind} onChange={(kind) => onChange({ kind })}
            options={zoneKinds.map((kind) => ({ value: kind, label: <span className="violation"><KindSwatch kind={kind} /> {t(`kind.${kind}`)}</span> }))} />
        </Form.Item>
        <Form.Item label={t("zone.id")}>
          <span className="figures quiet">{zone.id}</span>
        </Form.Item>
      </div>
      <p className="quiet small">{t(`kindHelp.${zone.kind}`)}</p>
      <Form.Item label={t("zone.name")} htmlFor="zone-name">
        <Input id="zone-name" value={zone.name} maxLength={200} placeholder={t("zone.namePlaceholder")}
          onChange={(event) => onChange({ name: event.target.value }, `name-${zone.id}`)} />
      </Form.Item>
      {isPermit && (
        <>
          <Form.Item label={t("zone.document")} htmlFor="zone-document" required={zone.kind === "permitted"}>
            <Input id="zone-document" value={zone.document} maxLength={200} placeholder={t("zone.documentPlaceholder")}
              status={problem?.code === "noDocument" ? "warning" : ""}
              onChange={(event) => onChange({ document: event.target.value }, `document-${zone.id}`)} />
          </Form.Item>
          <Form.Item label={t("zone.dates")}>
            <SpanField value={[day(zone.valid_from), day(zone.valid_to)]} style={{ width: "100%" }} aria-label={t("zone.dates")}
              words={[t("zone.from"), t("zone.to")]}
              onChange={(dates) => onChange({
                valid_from: dates?.[0]?.format("YYYY-MM-DD") ?? null, valid_to: dates?.[1]?.format("YYYY-MM-DD") ?? null,
              })} />
          </Form.Item>
        </>
      )}
      {zone.kind === "permitted" && (
        <div className="form-pair">
          <Form.Item label={t("zone.business")} htmlFor="zone-business">
            <Select id="zone-business" mode="multiple" value={[...zone.business]} placeholder={t("zone.anyBusiness")} maxTagCount="responsive"
              onChange={(chosen: string[]) => onChange({ business: businesses.filter((one) => chosen.includes(one)) })}
              options={businesses.map((one) => ({ value: one, label: t(`business.${one}`) }))} />
          </Form.Item>
          <Form.Item label={t("zone.capacity")} htmlFor="zone-capacity">
            <InputNumber id="zone-capacity" min={1} max={9999} precision={0} value={zone.capacity} style={{ width: "100%" }}
              onChange={(capacity) => onChange({ capacity }, `capacity-${zone.id}`)} />
          </Form.Item>
        </div>
      )}
      {isPermit && (
        <Form.Item label={t("zone.hours")}>
          <Radio.Group value={inHours} onChange={(event) => onHours(event.target.value === true)} style={{ marginBottom: 8 }}
            options={[{ value: false, label: t("zone.always") }, { value: true, label: t("zone.inHours") }]} optionType="button" />
          {inHours && (
            <WeekGrid stretches={stretchesOf(zone.windows)} isReadOnly={isReadOnly}
              onPaint={(stretches) => onChange({ windows: windowsOf(stretches) })} />
          )}
        </Form.Item>
      )}
      {!isReadOnly && <Button danger icon={<DeleteOutlined />} onClick={onRemove}>{t("zone.remove")}</Button>}
    </Form>
  );
}
