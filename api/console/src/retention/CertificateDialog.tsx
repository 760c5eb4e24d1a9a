// A deletion's certificate over the page that it was opened from.

import { Modal } from "antd";
import { useTranslation } from "react-i18next";
import { Certificate } from "./Certificate";

export default function CertificateDialog({ deletionId, onClose }: { deletionId: string; onClose: () => void }) {
  const { t } = useTranslation(["retention", "common"]);
  return (
    <Modal open title={t("certificate.title")} footer={null} onCancel={onClose} width={720}>
      <Certificate deletionId={deletionId} />
    </Modal>
  );
}
