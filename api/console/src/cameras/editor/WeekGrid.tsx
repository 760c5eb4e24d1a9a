// A week in half-hours, painted with the mouse or by keys.

import { Button, Space } from "antd";
import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { CELLS_A_DAY, hoursOf, shareOfCell, timeOf, weekdays, windowsOf, withCells, type Cell, type Stretch } from "../week";
import { windowText } from "../words";

interface WeekGridProps {
  stretches: readonly Stretch[];
  onPaint: (stretches: Stretch[]) => void;
  isReadOnly?: boolean;
}

const slots = Array.from({ length: CELLS_A_DAY }, (_, slot) => slot);
const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
const isWithin = (cell: Cell, a: Cell, b: Cell) =>
  cell.day >= Math.min(a.day, b.day) && cell.day <= Math.max(a.day, b.day) &&
  cell.slot >= Math.min(a.slot, b.slot) && cell.slot <= Math.max(a.slot, b.slot);

export function WeekGrid({ stretches, onPaint, isReadOnly = false }: WeekGridProps) {
  const { t } = useTranslation("cameras");
  const grid = useRef<HTMLDivElement | null>(null);
  const [at, setAt] = useState<Cell>({ day: 0, slot: 12 }); // where the keyboard is
  const [brush, setBrush] = useState<{ from: Cell; to: Cell; isAllowed: boolean } | null>(null);
  const [anchor, setAnchor] = useState<Cell | null>(null); // of a selection by Shift and arrows
  const painting = brush ? withCells(stretches, brush.from, brush.to, brush.isAllowed) : [...stretches];

  const cellUnder = (event: PointerEvent): Cell | null => {
    const element = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-cell]");
    const [day, slot] = (element?.dataset["cell"] ?? "").split(",").map(Number);
    return day === undefined || slot === undefined || Number.isNaN(day) ? null : { day, slot };
  };
  const begin = (event: PointerEvent<HTMLDivElement>) => {
    const cell = cellUnder(event);
    if (isReadOnly || event.button !== 0 || !cell) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setBrush({ from: cell, to: cell, isAllowed: shareOfCell(stretches, cell) < 1 });
    setAt(cell);
    setAnchor(null);
  };
  const draw = (event: PointerEvent) => {
    const cell = brush && cellUnder(event);
    if (brush && cell) setBrush({ ...brush, to: cell });
  };
  const end = () => {
    if (brush) onPaint(painting);
    setBrush(null);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const step: Record<string, Cell> = {
      ArrowLeft: { day: 0, slot: -1 }, ArrowRight: { day: 0, slot: 1 }, ArrowUp: { day: -1, slot: 0 },
      ArrowDown: { day: 1, slot: 0 }, Home: { day: 0, slot: -CELLS_A_DAY }, End: { day: 0, slot: CELLS_A_DAY },
    };
    const by = step[event.key];
    if (by) {
      const next = { day: clamp(at.day + by.day, 6), slot: clamp(at.slot + by.slot, CELLS_A_DAY - 1) };
      setAnchor(event.shiftKey ? (anchor ?? at) : null);
      setAt(next);
      grid.current?.querySelector<HTMLElement>(`[data-cell="${next.day},${next.slot}"]`)?.focus();
    } else if (event.key === " " && !isReadOnly) {
      const from = anchor ?? at;
      onPaint(withCells(stretches, from, at, shareOfCell(stretches, from) < 1));
      setAnchor(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="week">
      <div ref={grid} className="week-grid" role="grid" aria-label={t("week.label")} aria-readonly={isReadOnly}
        onPointerDown={begin} onPointerMove={draw} onPointerUp={end} onPointerCancel={() => setBrush(null)} onKeyDown={onKeyDown}>
        <div role="row" className="week-row week-hours" aria-hidden="true">
          <span />
          {[0, 3, 6, 9, 12, 15, 18, 21].map((hour) => <span key={hour} style={{ gridColumn: `${hour * 2 + 2} / span 6` }}>{hour}</span>)}
        </div>
        {weekdays.map((name, day) => (
          <div key={name} role="row" className="week-row">
            <span role="rowheader" className="week-day">{t(`day.${name}`)}</span>
            {slots.map((slot) => {
              const cell = { day, slot };
              const share = shareOfCell(painting, cell);
              const state = share === 1 ? "allowed" : share > 0 ? "partly" : "closed";
              return (
                <span key={slot} role="gridcell" data-cell={`${day},${slot}`} data-state={state}
                  data-picked={anchor !== null && isWithin(cell, anchor, at)}
                  tabIndex={at.day === day && at.slot === slot ? 0 : -1} aria-selected={share > 0}
                  aria-label={t("week.cell", {
                    day: t(`day.${name}`), from: timeOf(slot * 1800), to: slot === CELLS_A_DAY - 1 ? "24:00" : timeOf((slot + 1) * 1800),
                    state: t(`week.${state}`),
                  })} />
              );
            })}
          </div>
        ))}
      </div>
      <WeekSummary stretches={painting} />
      {!isReadOnly && (
        <Space size={4} wrap>
          <Button size="small" onClick={() => onPaint(withCells([], { day: 0, slot: 34 }, { day: 4, slot: 43 }, true))}>
            {t("week.workdays")} 17–22
          </Button>
          <Button size="small" onClick={() => onPaint(withCells([], { day: 0, slot: 12 }, { day: 6, slot: 17 }, true))}>
            {t("week.everyday")} 6–9
          </Button>
          <Button size="small" onClick={() => onPaint([])}>{t("week.clear")}</Button>
        </Space>
      )}
      {!isReadOnly && <p className="quiet small">{t("week.help")}</p>}
    </div>
  );
}

function WeekSummary({ stretches }: { stretches: readonly Stretch[] }) {
  const { t } = useTranslation("cameras");
  const windows = windowsOf(stretches);
  const isOdd = stretches.some((one) => one.from % 1800 !== 0 || one.until % 1800 !== 0);
  return (
    <div className="week-summary" aria-live="polite" data-testid="week-summary">
      {windows.length === 0 && <span className="quiet">{t("week.none")}</span>}
      {windows.map((window) => <span key={`${window.from}${window.to}`} className="figures">{windowText(window, t)}</span>)}
      {windows.length > 0 && <span className="quiet figures">{t("week.total", { hours: Math.round(hoursOf(stretches) * 10) / 10 })}</span>}
      {isOdd && <span className="quiet">{t("week.odd")}</span>}
    </div>
  );
}
