// A camera's health by shape, colour and word.

import { Tooltip } from "antd";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour, type StateColour } from "../app/theme";
import type { Health, HealthState } from "./health";

const looks: Record<HealthState, { colour: StateColour; shape: string }> = {
  live: { colour: "confirmed", shape: "●" },
  view: { colour: "warning", shape: "◆" },
  late: { colour: "warning", shape: "◐" },
  down: { colour: "overdue", shape: "▲" },
  boxDown: { colour: "overdue", shape: "▼" },
  paused: { colour: "rejected", shape: "❚❚" },
  unknown: { colour: "waiting", shape: "○" },
};

export function HealthMark({ health, onPicture = false }: { health: Health; onPicture?: boolean }) {
  const { t } = useTranslation("cameras");
  const appearance = useAppearance();
  const { colour, shape } = looks[health.state];
  const why = [
    t(`healthHelp.${health.state}`),
    health.state === "view" && health.view in viewWords ? t(`view.${health.view as keyof typeof viewWords}`) : "",
    health.reason,
  ].filter(Boolean).join(" ");
  return (
    <Tooltip title={why}>
      <span className={onPicture ? "state health health-on-picture" : "state health"} data-health={health.state}
        style={{ color: stateColour(colour, onPicture ? "dark" : appearance) }}>
        <span aria-hidden="true">{shape}</span> {t(`health.${health.state}`)}
      </span>
    </Tooltip>
  );
}

const viewWords = { moved: 1, blocked: 1, unstable: 1, learning: 1, ok: 1 };

export function healthShape(state: HealthState): string {
  return looks[state].shape;
}
