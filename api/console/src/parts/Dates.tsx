// Fields for an instant, a day or a span. Until somebody is at one, it is a plain field: the calendar
// is the largest part of many a page, and seldom opened.

import { CalendarOutlined } from "@ant-design/icons";
import { Input } from "antd";
import type { Dayjs } from "dayjs";
import { lazy, Suspense, useState, type CSSProperties } from "react";

const DayCalendar = lazy(async () => ({ default: (await import("./calendars")).DayCalendar }));
const RangeCalendar = lazy(async () => ({ default: (await import("./calendars")).RangeCalendar }));

interface Look {
  id?: string; // a form's field gives it
  placeholder?: string;
  "aria-label"?: string;
  showTime?: boolean;
  size?: "small";
  style?: CSSProperties;
}

interface DayFieldProps extends Look {
  value?: Dayjs | null;
  onChange?: (value: Dayjs | null) => void;
  allowClear?: boolean;
  disabledDate?: (day: Dayjs) => boolean;
}

export type Span = [Dayjs | null, Dayjs | null];

interface SpanFieldProps extends Look {
  value?: Span | null;
  onChange?: (value: Span | null) => void;
  words: readonly [string, string]; // for the begin and the end
}

const formatOf = (showTime = false) => (showTime ? "YYYY-MM-DD HH:mm:ss" : "YYYY-MM-DD");

/** What stands in a calendar's place: it looks like it, and wakes it. */
function Asleep({ text, onWake, showTime = false, ...look }: Look & { text: string; onWake: (isByPointer: boolean) => void }) {
  return (
    <Input {...look} readOnly value={text} suffix={<CalendarOutlined className="quiet" />} className="date-asleep"
      style={{ width: showTime ? 190 : 132, ...look.style }} onFocus={() => onWake(false)} onPointerDown={() => onWake(true)} />
  );
}

export function DayField({ value = null, onChange, ...look }: DayFieldProps) {
  const [woken, setWoken] = useState<"pointer" | "keyboard" | null>(null);
  const { allowClear: _, disabledDate: __, ...asleep } = look;
  const resting = <Asleep {...asleep} text={value?.format(formatOf(look.showTime)) ?? ""} onWake={(isByPointer) => setWoken(isByPointer ? "pointer" : "keyboard")} />;
  if (woken === null) return resting;
  return (
    <Suspense fallback={resting}>
      <DayCalendar {...look} value={value} onChange={(next: unknown) => onChange?.(next as Dayjs | null)} autoFocus defaultOpen={woken === "pointer"}
        style={{ width: look.showTime ? 190 : 132, ...look.style }} />
    </Suspense>
  );
}

export function SpanField({ value = null, onChange, words, placeholder: _, ...look }: SpanFieldProps) {
  const [woken, setWoken] = useState<"pointer" | "keyboard" | null>(null);
  const text = value?.some(Boolean) ? value.map((one) => one?.format(formatOf(look.showTime)) ?? "…").join(" – ") : "";
  const style = { width: look.showTime ? 350 : 250, ...look.style };
  const resting = (
    <Asleep {...look} style={style} placeholder={words.join(" – ")} text={text}
      onWake={(isByPointer) => setWoken(isByPointer ? "pointer" : "keyboard")} />
  );
  if (woken === null) return resting;
  const { id, ...others } = look;
  return (
    <Suspense fallback={resting}>
      <RangeCalendar {...others} {...(id ? { id: { start: id } } : {})} placeholder={[words[0], words[1]]} allowEmpty={[true, true]} value={value}
        onChange={(next) => onChange?.(next)} autoFocus defaultOpen={woken === "pointer"} style={style} />
    </Suspense>
  );
}
