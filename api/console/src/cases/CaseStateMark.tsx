// A case's state by shape, colour and word.

import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour, type StateColour } from "../app/theme";
import type { CaseState } from "./filters";

const looks: Record<CaseState, { colour: StateColour; shape: string }> = {
  exported: { colour: "waiting", shape: "○" },
  acknowledged: { colour: "claimed", shape: "◔" },
  returned: { colour: "warning", shape: "↩" },
  correcting: { colour: "claimed", shape: "◑" },
  recheck: { colour: "second", shape: "◆" },
  withdrawn: { colour: "rejected", shape: "✕" },
  closed: { colour: "confirmed", shape: "●" },
};

export function CaseStateMark({ state }: { state: CaseState }) {
  const { t } = useTranslation("cases");
  const { colour, shape } = looks[state];
  return (
    <span className="state" style={{ color: stateColour(colour, useAppearance()) }}>
      <span aria-hidden="true">{shape}</span> {t(`state.${state}`)}
    </span>
  );
}
