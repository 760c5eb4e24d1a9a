// A secret that the API gives once: it stays until somebody says that they have kept it.

import { CopyOutlined } from "@ant-design/icons";
import { Alert, App, Button, Checkbox, Input, Modal, Space } from "antd";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface ShownOnceProps {
  title: string;
  secret: string | null; // null: nothing to show
  children?: ReactNode; // what it is for
  onClose: () => void;
}

export function ShownOnce({ title, secret, children, onClose }: ShownOnceProps) {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { message } = App.useApp();
  const [isKept, setIsKept] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret ?? "");
      message.success(tc("action.copied"));
    } catch {
      message.info(t("once.copyByHand")); // plain HTTP: browsers keep the clipboard to themselves
    }
  };
  const close = () => {
    setIsKept(false);
    onClose();
  };
  return (
    <Modal open={secret !== null} destroyOnHidden title={title} closable={false} keyboard={false} mask={{ closable: false }}
      footer={<Button type="primary" disabled={!isKept} onClick={close}>{tc("action.close")}</Button>}>
      <Space orientation="vertical" size={12} style={{ width: "100%" }}>
        <Alert type="warning" showIcon title={t("once.warning")} />
        {children}
        <Space.Compact style={{ width: "100%" }}>
          <Input readOnly value={secret ?? ""} aria-label={title} className="figures secret"
            data-testid="shown-once" onFocus={(event) => event.target.select()} />
          <Button icon={<CopyOutlined />} onClick={() => void copy()}>{tc("action.copy")}</Button>
        </Space.Compact>
        <Checkbox checked={isKept} onChange={(event) => setIsKept(event.target.checked)}>{t("once.kept")}</Checkbox>
      </Space>
    </Modal>
  );
}
