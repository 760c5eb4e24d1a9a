// Above the list: how much waits, search by number or camera, filters.

import { FilterOutlined, SearchOutlined } from "@ant-design/icons";
import { Badge, Button, Input, Popover, type InputRef } from "antd";
import { lazy, Suspense, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { isFiltered, type Filters } from "./filters";
import type { QueueCounts } from "./types";
import { useCameras } from "./useCameras";

const MAX_OPTIONS = 8;

// Opened seldom, and not needed to see the first item.
const FilterPanel = lazy(() => import("./FilterPanel"));

interface QueueHeadProps {
  filters: Filters;
  counts: QueueCounts | undefined;
  isLive: boolean;
  search: RefObject<InputRef | null>;
  onFilters: (filters: Filters) => void;
  onNumber: (number: number) => void;
}

function Search({ onFilters, onNumber, filters, search }: Pick<QueueHeadProps, "onFilters" | "onNumber" | "filters" | "search">) {
  const { t } = useTranslation("review");
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const { data: cameras = [] } = useCameras();
  const wanted = typed.trim().toLowerCase();
  const options = wanted === "" ? [] : [
    ...(/^\d{1,15}$/.test(wanted)
      ? [{ key: "number", label: t("queue.byNumber", { number: wanted }), open: () => onNumber(Number(wanted)) }] : []),
    ...cameras
      .filter((camera) => `${camera.id} ${camera.name}`.toLowerCase().includes(wanted))
      .slice(0, MAX_OPTIONS)
      .map((camera) => ({
        key: camera.id, label: t("queue.byCamera", { name: camera.name || camera.id }),
        open: () => onFilters({ ...filters, camera: camera.id }),
      })),
  ];
  const choose = (index: number) => {
    options[index]?.open();
    setTyped("");
    search.current?.blur();
  };
  return (
    <div className="queue-search" onKeyDown={(event) => {
      if (event.key === "ArrowDown") setAt(Math.min(at + 1, options.length - 1));
      else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
      else if (event.key === "Enter" && !event.nativeEvent.isComposing) choose(at);
      else if (event.key === "Escape") choose(-1);
      else return;
      event.preventDefault();
    }}>
      <Input ref={search} size="small" prefix={<SearchOutlined />} placeholder={t("queue.search")} aria-label={t("queue.searchLabel")}
        allowClear value={typed} role="combobox" aria-expanded={options.length > 0} aria-controls="queue-found" aria-autocomplete="list"
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }} />
      {options.length > 0 && (
        <ul className="queue-found" id="queue-found" role="listbox" aria-label={t("queue.searchLabel")}>
          {options.map(({ key, label }, index) => (
            <li key={key} role="option" aria-selected={index === at} onPointerDown={(event) => {
              event.preventDefault();
              choose(index);
            }}>
              {label}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function QueueHead({ filters, counts, isLive, search, onFilters, onNumber }: QueueHeadProps) {
  const { t } = useTranslation("review");
  const { t: tc } = useTranslation();
  return (
    <div className="queue-top">
      <div className="queue-title">
        <strong>{filters.state ? tc(`candidateState.${filters.state}`) : t("queue.title")}</strong>
        <span className="figures queue-total">{counts?.total ?? "–"}</span>
        {counts !== undefined && counts.overdue > 0 && (
          <span className="figures due-late">▲ {t("queue.overdue", { count: counts.overdue })}</span>
        )}
        <span className="queue-live" data-live={isLive} title={t(isLive ? "queue.live" : "queue.polling")}>
          {isLive ? "●" : "○"}
        </span>
      </div>
      <div className="queue-tools">
        <Search filters={filters} onFilters={onFilters} onNumber={onNumber} search={search} />
        <Popover trigger="click" placement="bottomRight" content={<Suspense fallback={null}><FilterPanel filters={filters} onFilters={onFilters} /></Suspense>}>
          <Badge dot={isFiltered(filters)} color="var(--ant-color-primary)">
            <Button size="small" icon={<FilterOutlined />} aria-label={t("queue.filter")} />
          </Badge>
        </Popover>
      </div>
    </div>
  );
}
