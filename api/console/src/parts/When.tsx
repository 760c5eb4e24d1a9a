// An instant in local time, with the date only when it is not today; UTC and offset on hover.

import dayjs from "dayjs";
import utc from "dayjs/plugin/utc";
import { useTranslation } from "react-i18next";

dayjs.extend(utc);

interface WhenProps {
  at: string; // RFC 3339
  seconds?: boolean;
}

export function When({ at, seconds = true }: WhenProps) {
  const { t } = useTranslation();
  const instant = dayjs(at);
  const isToday = instant.isSame(dayjs(), "day");
  const clock = seconds ? "HH:mm:ss" : "HH:mm";
  const shown = instant.format(isToday ? clock : `YYYY-MM-DD ${clock}`);
  const hover = `${instant.utc().format("YYYY-MM-DD HH:mm:ss")} ${t("time.utc")} (${instant.format("Z")})`;
  return (
    <time dateTime={instant.toISOString()} className="figures" title={hover}>{shown}</time>
  );
}

const SECONDS_SHORT = 60; // below, a short form still says seconds

/** A span of seconds in an officer's words: 6 分 12 秒, 6 min 12 s; short: its largest unit. */
export function formatSpan(seconds: number, language: string, form: "full" | "short" = "full"): string {
  if (form === "short") return shortSpan(Math.max(0, Math.round(seconds)), language.startsWith("zh"));
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const zh = language.startsWith("zh");
  const parts: string[] = [];
  if (h > 0) parts.push(zh ? `${h} 小时` : `${h} h`);
  if (m > 0) parts.push(zh ? `${m} 分` : `${m} min`);
  if (h === 0 && (s > 0 || parts.length === 0)) parts.push(zh ? `${s} 秒` : `${s} s`);
  return parts.join(" ");
}

function shortSpan(seconds: number, zh: boolean): string {
  if (seconds < SECONDS_SHORT) return zh ? `${seconds} 秒` : `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return zh ? `${minutes} 分` : `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return zh ? `${hours} 小时` : `${hours} h`;
  return zh ? `${Math.round(hours / 24)} 天` : `${Math.round(hours / 24)} d`;
}
