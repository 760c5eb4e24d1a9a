// Instead of evidence that was deleted: when, by which rule, and the certificate of it.

import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import type { components } from "../api/schema";
import { Notice } from "../app/states";
import { CertificateLink } from "./CertificateLink";

export function Gone({ deleted }: { deleted: components["schemas"]["DeletedView"] }) {
  const { t } = useTranslation("retention");
  return (
    <Notice shape="○" title={t("deletion.deletedAt", { at: dayjs(deleted.at).format("YYYY-MM-DD HH:mm") })}
      extra={deleted.deletion_id && <CertificateLink deletionId={deleted.deletion_id}>{t("deletion.open")}</CertificateLink>}>
      {t("deletion.by", { rule: t(`deletion.rule.${deleted.rule}`) })}
    </Notice>
  );
}
