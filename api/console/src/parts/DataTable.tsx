// A table of rows: skeleton while loading, what will appear while empty, more rows on demand.

import { CaretRightOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { Fragment, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import "./sections.css";

export interface Column<Row> {
  key: string;
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  width?: number | string; // px, or a share of the table such as "15%"; others share what is left
  isNumber?: boolean; // tabular, at the right
  className?: string;
}

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined; // undefined: on their way
  keyOf: (row: Row) => string | number;
  empty: ReactNode;
  details?: (row: Row) => ReactNode; // below a row that somebody opens
  onOpen?: (row: Row) => void; // a click anywhere in the row; its link is for the keyboard
  testId?: string;
}

const AT_ONCE = 100; // rows that are drawn; the rest on demand
const SKELETON_ROWS = 6;

export function DataTable<Row>({ label, columns, rows, keyOf, empty, details, onOpen, testId }: DataTableProps<Row>) {
  const { t } = useTranslation();
  const [drawn, setDrawn] = useState(AT_ONCE);
  const [opened, setOpened] = useState<ReadonlySet<string | number>>(new Set());
  const toggle = (key: string | number) =>
    setOpened((before) => new Set(before.has(key) ? [...before].filter((one) => one !== key) : [...before, key]));
  const lookOf = ({ isNumber, className = "" }: Column<Row>) => `${className} ${isNumber ? "figures cell-number" : ""}`;
  const width = columns.length + (details ? 1 : 0);
  return (
    <div className="table-place" data-testid={testId}>
      <table className="table" aria-label={label} aria-busy={rows === undefined}>
        <thead>
          <tr>
            {details && <th className="table-opener"><span className="unseen">{t("action.more")}</span></th>}
            {columns.map((column) => (
              <th key={column.key} className={lookOf(column)} style={column.width === undefined ? undefined : { width: column.width }}>{column.title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows === undefined && Array.from({ length: SKELETON_ROWS }, (_, index) => (
            <tr key={index}><td colSpan={width}><Skeleton active title={false} paragraph={{ rows: 1, width: "100%" }} /></td></tr>
          ))}
          {rows?.length === 0 && <tr><td colSpan={width} className="table-empty">{empty}</td></tr>}
          {rows?.slice(0, drawn).map((row) => {
            const key = keyOf(row);
            const isOpen = opened.has(key);
            return (
              <Fragment key={key}>
                <tr className="table-row" data-opens={onOpen !== undefined} onClick={onOpen && (() => onOpen(row))}>
                  {details && (
                    <td className="table-opener">
                      <Button type="text" size="small" aria-expanded={isOpen} aria-label={t("action.more")} onClick={() => toggle(key)}
                        icon={<CaretRightOutlined rotate={isOpen ? 90 : 0} />} />
                    </td>
                  )}
                  {columns.map((column) => <td key={column.key} className={lookOf(column)}>{column.cell(row)}</td>)}
                </tr>
                {isOpen && details && <tr><td colSpan={width}>{details(row)}</td></tr>}
              </Fragment>
            );
          })}
        </tbody>
      </table>
      {rows !== undefined && rows.length > drawn && (
        <Button size="small" className="table-more" onClick={() => setDrawn(drawn + AT_ONCE)}>{t("action.showMore", { count: rows.length - drawn })}</Button>
      )}
    </div>
  );
}
