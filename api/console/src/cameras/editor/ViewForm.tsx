// Name, place, time zone and national id of a camera's view.

import { Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { isGb28181, type CameraSettings } from "../settings";

interface ViewFormProps {
  settings: CameraSettings;
  isReadOnly: boolean;
  onChange: (change: Partial<CameraSettings>, gesture: string) => void;
}

const timezones = Intl.supportedValuesOf("timeZone").map((value) => ({ value, label: value }));

export function ViewForm({ settings, isReadOnly, onChange }: ViewFormProps) {
  const { t } = useTranslation("cameras");
  const isIdGood = isGb28181(settings.gb28181_id);
  return (
    <Form layout="vertical" className="zone-form" disabled={isReadOnly} aria-label={t("editor.cameraFields")}>
      <h3>{t("editor.cameraFields")}</h3>
      <Form.Item label={t("editor.cameraName")} htmlFor="view-name">
        <Input id="view-name" value={settings.name} maxLength={200} onChange={(event) => onChange({ name: event.target.value }, "view-name")} />
      </Form.Item>
      <Form.Item label={t("editor.place")} htmlFor="view-place">
        <Input id="view-place" value={settings.place} maxLength={200} onChange={(event) => onChange({ place: event.target.value }, "view-place")} />
      </Form.Item>
      <div className="form-pair">
        <Form.Item label={t("editor.timezone")} htmlFor="view-timezone">
          <Select id="view-timezone" showSearch value={settings.timezone} options={timezones}
            onChange={(timezone) => onChange({ timezone }, "view-timezone")} />
        </Form.Item>
        <Form.Item label={t("editor.gb28181")} htmlFor="view-gb28181"
          {...(isIdGood ? {} : { validateStatus: "warning" as const, help: t("problem.gb28181") })}>
          <Input id="view-gb28181" className="figures" value={settings.gb28181_id ?? ""} maxLength={20}
            onChange={(event) => onChange({ gb28181_id: event.target.value.trim() || null }, "view-gb28181")} />
        </Form.Item>
      </div>
    </Form>
  );
}
