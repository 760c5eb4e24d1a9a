// A choice of an area: one of the organisations that the reader sees, or all.

import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { useOrganisations } from "./queries";

const ALL = "";

export function OrganisationSelect({ value, onChange }: { value: string | null; onChange: (path: string) => void }) {
  const { t } = useTranslation(["cameras", "common"]);
  const { data } = useOrganisations();
  const nodes = data?.items ?? [];
  if (nodes.length < 2) return null;
  return (
    <Select value={value ?? ALL} onChange={onChange} style={{ minWidth: 150 }} aria-label={t("list.organisation")}
      showSearch={{ optionFilterProp: "label" }}
      options={[{ value: ALL, label: t("common:named", { name: t("list.organisation"), value: t("list.any") }) },
        ...nodes.map((node) => ({ value: node.path, label: node.name }))]} />
  );
}
