// The list of cases: filters in the address, saved views, page after page.

import { DeleteOutlined, DownOutlined } from "@ant-design/icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Input, Popover, Select, Space } from "antd";
import dayjs from "dayjs";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { Failed, Nothing } from "../app/states";
import { DataTable, type Column } from "../parts/DataTable";
import { DayField } from "../parts/Dates";
import { Violation, violations, type ViolationCode } from "../parts/Violation";
import { When } from "../parts/When";
import { useCameras } from "../review/useCameras";
import { CaseStateMark } from "./CaseStateMark";
import {
  caseQueryOf, caseStates, noCaseFilters, readCaseFilters, readViews, saveViews, withView, writeCaseFilters, type CaseFilters, type CaseState,
} from "./filters";

type CaseItem = components["schemas"]["CaseItem"];

const PAGE = 50;

function Filters({ filters, onFilters }: { filters: CaseFilters; onFilters: (filters: CaseFilters) => void }) {
  const { t } = useTranslation(["cases", "common"]);
  const { data: cameras = [] } = useCameras();
  const day = (value: string | null) => (value ? dayjs(value) : null);
  return (
    <Space wrap size={8}>
      <Select<CaseState[]> mode="multiple" allowClear className="case-states" placeholder={t("list.anyState")} aria-label={t("list.state")}
        value={[...filters.states]} onChange={(states) => onFilters({ ...filters, states })} maxTagCount="responsive"
        options={caseStates.map((value) => ({ value, label: t(`state.${value}`) }))} />
      <Select<ViolationCode | null> value={filters.violation} allowClear aria-label={t("list.violation")} className="case-choice"
        placeholder={t("list.anyViolation")} onChange={(value?: ViolationCode | null) => onFilters({ ...filters, violation: value ?? null })}
        options={violations.map((value) => ({ value, label: t(`common:violation.${value}`) }))} />
      <Select value={filters.camera} allowClear showSearch optionFilterProp="label" aria-label={t("list.camera")} className="case-choice"
        placeholder={t("list.anyCamera")} onChange={(value?: string) => onFilters({ ...filters, camera: value ?? null })}
        options={cameras.map((camera) => ({ value: camera.id, label: camera.name || camera.id }))} />
      <DayField value={day(filters.from)} placeholder={t("list.from")} aria-label={t("list.from")}
        onChange={(value) => onFilters({ ...filters, from: value ? value.format("YYYY-MM-DD") : null })} />
      <DayField value={day(filters.to)} placeholder={t("list.to")} aria-label={t("list.to")}
        onChange={(value) => onFilters({ ...filters, to: value ? value.format("YYYY-MM-DD") : null })} />
      <Button onClick={() => onFilters(noCaseFilters)}>{t("common:action.reset")}</Button>
    </Space>
  );
}

function Views({ search, onOpen }: { search: string; onOpen: (search: string) => void }) {
  const { t } = useTranslation(["cases", "common"]);
  const [views, setViews] = useState(() => readViews());
  const [name, setName] = useState("");
  const keep = (next: typeof views) => {
    setViews(next);
    saveViews(next);
  };
  const save = () => {
    if (name.trim() === "") return;
    keep(withView(views, { name: name.trim(), search }));
    setName("");
  };
  const panel = (
    <div className="case-views">
      {views.length === 0 && <p className="quiet">{t("views.none")}</p>}
      {views.map((view) => (
        <div key={view.name} className="case-view">
          <Button type="text" size="small" onClick={() => onOpen(view.search)}>{view.name}</Button>
          <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t("views.remove", { name: view.name })}
            onClick={() => keep(views.filter((one) => one.name !== view.name))} />
        </div>
      ))}
      <Space.Compact>
        <Input size="small" value={name} maxLength={40} placeholder={t("views.name")} aria-label={t("views.name")}
          onChange={(event) => setName(event.target.value)} onPressEnter={save} />
        <Button size="small" disabled={name.trim() === ""} onClick={save}>{t("views.save")}</Button>
      </Space.Compact>
    </div>
  );
  return (
    <Popover trigger="click" placement="bottomRight" content={panel}>
      <Button>{t("views.title")} <DownOutlined /></Button>
    </Popover>
  );
}

function useColumns(): Column<CaseItem>[] {
  const { t } = useTranslation(["cases", "common"]);
  const { data: cameras = [] } = useCameras();
  const names = useMemo(() => new Map(cameras.map((camera) => [camera.id, camera.name])), [cameras]);
  return [
    { key: "number", title: t("list.number"), width: 72, isNumber: true, cell: (item) => <Link to={`/cases/${item.id}`}>{item.number}</Link> },
    { key: "violation", title: t("list.violation"), width: "14%", cell: (item) => <Violation violation={item.violation} /> },
    { key: "camera_id", title: t("list.camera"), cell: (item) => names.get(item.camera_id) || item.camera_id },
    { key: "started_at", title: t("list.started"), width: "15%", cell: (item) => <When at={item.started_at} /> },
    { key: "created_at", title: t("list.created"), width: "15%", cell: (item) => <When at={item.created_at} /> },
    { key: "evidence_use", title: t("list.use"), width: "13%", cell: (item) => t(`common:evidenceUse.${item.evidence_use}`) },
    { key: "state", title: t("list.state"), width: "13%", cell: (item) => <CaseStateMark state={item.state} /> },
    { key: "outcome", title: t("list.outcome"), width: "11%", cell: (item) => (item.outcome ? t(`outcome.${item.outcome}`) : "–") },
  ];
}

export function CaseList() {
  const { t } = useTranslation("cases");
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const searchText = search.toString();
  const filters = useMemo(() => readCaseFilters(new URLSearchParams(searchText)), [searchText]);
  const columns = useColumns();
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    queryKey: ["cases", writeCaseFilters(filters).toString()],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/cases", { params: { query: { ...caseQueryOf(filters), limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="page-body case-list">
      <div className="case-tools">
        <Filters filters={filters} onFilters={(next) => setSearch(writeCaseFilters(next), { replace: true })} />
        <Views search={searchText} onOpen={(saved) => setSearch(new URLSearchParams(saved))} />
      </div>
      <DataTable<CaseItem> label={t("list.label")} keyOf={(item) => item.id} columns={columns} rows={isPending ? undefined : items}
        onOpen={(item) => void navigate(`/cases/${item.id}`)}
        empty={<Nothing>{t("list.empty")}<div className="quiet">{t("list.emptyHelp")}</div></Nothing>} />
      <div className="case-end quiet figures">
        {items.length > 0 && t("list.count", { count: items.length })}
        {hasNextPage && <Button size="small" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t("list.more")}</Button>}
      </div>
    </div>
  );
}
