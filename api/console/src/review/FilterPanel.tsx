// The filters of the queue.

import { Button, Checkbox, Select } from "antd";
import { useTranslation } from "react-i18next";
import { violations, type ViolationCode } from "../parts/Violation";
import { isFiltered, noFilters, otherStates, type Filters } from "./filters";
import { useCameras } from "./useCameras";

const PRIORITIES = [0, 1, 2, 3] as const;

export default function FilterPanel({ filters, onFilters }: { filters: Filters; onFilters: (filters: Filters) => void }) {
  const { t } = useTranslation(["review", "common"]);
  const { data: cameras = [] } = useCameras();
  return (
    <div className="queue-filters">
      <Select<ViolationCode | ""> size="small" value={filters.violation ?? ""} aria-label={t("queue.violation")}
        onChange={(value) => onFilters({ ...filters, violation: value === "" ? null : value })}
        options={[{ value: "", label: t("queue.allViolations") },
          ...violations.map((value) => ({ value, label: t(`common:violation.${value}`) }))]} />
      <Select<"" | (typeof otherStates)[number]> size="small" value={filters.state ?? ""} aria-label={t("queue.state")}
        onChange={(value) => onFilters({ ...filters, state: value === "" ? null : value })}
        options={[{ value: "", label: t("queue.allStates") }, ...otherStates.map((value) => ({ value, label: t(`common:candidateState.${value}`) }))]} />
      <Select<number> size="small" value={filters.priority ?? -1} aria-label={t("queue.level")}
        onChange={(value) => onFilters({ ...filters, priority: value < 0 ? null : value })}
        options={[{ value: -1, label: t("queue.allPriorities") },
          ...PRIORITIES.map((value) => ({ value, label: t(`queue.priority.${value}`) }))]} />
      <Select size="small" value={filters.camera} allowClear showSearch optionFilterProp="label" aria-label={t("queue.camera")}
        placeholder={t("queue.camera")} onChange={(value?: string) => onFilters({ ...filters, camera: value ?? null })}
        options={cameras.map((camera) => ({ value: camera.id, label: camera.name || camera.id }))} />
      <Checkbox checked={filters.mine} onChange={(event) => onFilters({ ...filters, mine: event.target.checked })}>
        {t("queue.mine")}
      </Checkbox>
      <Checkbox checked={filters.overdue} onChange={(event) => onFilters({ ...filters, overdue: event.target.checked })}>
        {t("queue.onlyOverdue")}
      </Checkbox>
      <Button size="small" disabled={!isFiltered(filters)} onClick={() => onFilters(noFilters)}>
        {t("queue.clear")}
      </Button>
    </div>
  );
}
