// Above the list: how much waits, search by number or camera, filters.

import { FilterOutlined, SearchOutlined } from "@ant-design/icons";
import { AutoComplete, Badge, Button, Checkbox, Input, Popover, Select, type InputRef } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { violations, type ViolationCode } from "../parts/Violation";
import { isFiltered, noFilters, type Filters } from "./filters";
import type { QueueCounts } from "./types";

const MAX_OPTIONS = 8;
const PRIORITIES = [0, 1, 2, 3] as const;

interface QueueHeadProps {
  filters: Filters;
  counts: QueueCounts | undefined;
  isLive: boolean;
  search: RefObject<InputRef | null>;
  onFilters: (filters: Filters) => void;
  onNumber: (number: number) => void;
}

/** Cameras by id, for search and filter. */
export function useCameras() {
  return useQuery({
    queryKey: ["cameras", "names"],
    queryFn: async () => (await body(api.GET("/api/v1/cameras", { params: { query: { limit: 200 } } }))).items,
    staleTime: 5 * 60_000,
  });
}

function Search({ onFilters, onNumber, filters, search }: Pick<QueueHeadProps, "onFilters" | "onNumber" | "filters" | "search">) {
  const { t } = useTranslation("review");
  const [typed, setTyped] = useState("");
  const { data: cameras = [] } = useCameras();
  const wanted = typed.trim().toLowerCase();
  const isNumber = /^\d{1,15}$/.test(wanted);
  const options = wanted === "" ? [] : [
    ...(isNumber ? [{ value: `number:${wanted}`, label: t("queue.byNumber", { number: wanted }) }] : []),
    ...cameras
      .filter((camera) => `${camera.id} ${camera.name}`.toLowerCase().includes(wanted))
      .slice(0, MAX_OPTIONS)
      .map((camera) => ({ value: `camera:${camera.id}`, label: t("queue.byCamera", { name: camera.name || camera.id }) })),
  ];
  const choose = (value: string) => {
    const [kind, rest = ""] = [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];
    if (kind === "number") onNumber(Number(rest));
    else onFilters({ ...filters, camera: rest });
    setTyped("");
  };
  return (
    <AutoComplete value={typed} onChange={setTyped} options={options} onSelect={choose} defaultActiveFirstOption
      className="queue-search" popupMatchSelectWidth={220}>
      <Input ref={search} size="small" prefix={<SearchOutlined />} placeholder={t("queue.search")}
        aria-label={t("queue.searchLabel")} allowClear />
    </AutoComplete>
  );
}

function FilterPanel({ filters, onFilters }: Pick<QueueHeadProps, "filters" | "onFilters">) {
  const { t } = useTranslation(["review", "common"]);
  const { data: cameras = [] } = useCameras();
  return (
    <div className="queue-filters">
      <Select<ViolationCode | ""> size="small" value={filters.violation ?? ""} aria-label={t("queue.violation")}
        onChange={(value) => onFilters({ ...filters, violation: value === "" ? null : value })}
        options={[{ value: "", label: t("queue.allViolations") },
          ...violations.map((value) => ({ value, label: t(`common:violation.${value}`) }))]} />
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

export function QueueHead({ filters, counts, isLive, search, onFilters, onNumber }: QueueHeadProps) {
  const { t } = useTranslation("review");
  return (
    <div className="queue-top">
      <div className="queue-title">
        <strong>{t("queue.title")}</strong>
        <span className="figures queue-total">{counts?.total ?? "–"}</span>
        {counts !== undefined && counts.overdue > 0 && (
          <span className="figures due-late">▲ {t("queue.overdue", { count: counts.overdue })}</span>
        )}
        <span className="queue-live quiet" data-live={isLive} title={t(isLive ? "queue.live" : "queue.polling")}>
          {isLive ? "●" : "○"}
        </span>
      </div>
      <div className="queue-tools">
        <Search filters={filters} onFilters={onFilters} onNumber={onNumber} search={search} />
        <Popover trigger="click" placement="bottomRight" content={<FilterPanel filters={filters} onFilters={onFilters} />}>
          <Badge dot={isFiltered(filters)}>
            <Button size="small" icon={<FilterOutlined />} aria-label={t("queue.filter")} />
          </Badge>
        </Popover>
      </div>
    </div>
  );
}
