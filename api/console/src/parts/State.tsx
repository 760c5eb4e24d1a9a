// A candidate's state by shape, colour and word.

import { useTranslation } from "react-i18next";
import { useAppearance } from "../app/preferences";
import { stateColour, type StateColour } from "../app/theme";

export const candidateStates = [
  "pending_review",
  "need_more",
  "confirmed",
  "second_review",
  "legal_review",
  "exported",
  "rejected",
  "merged",
  "expired",
] as const;

export type CandidateStateCode = (typeof candidateStates)[number];

const looks: Record<CandidateStateCode, { colour: StateColour; shape: string }> = {
  pending_review: { colour: "waiting", shape: "○" },
  need_more: { colour: "warning", shape: "◐" },
  confirmed: { colour: "confirmed", shape: "●" },
  second_review: { colour: "second", shape: "◆" },
  legal_review: { colour: "second", shape: "◈" },
  exported: { colour: "confirmed", shape: "■" },
  rejected: { colour: "rejected", shape: "✕" },
  merged: { colour: "rejected", shape: "⤳" },
  expired: { colour: "overdue", shape: "▲" },
};

export function State({ state }: { state: CandidateStateCode }) {
  const { t } = useTranslation();
  const { colour, shape } = looks[state];
  return (
    <span className="state" style={{ color: stateColour(colour, useAppearance()) }}>
      <span aria-hidden="true">{shape}</span> {t(`candidateState.${state}`)}
    </span>
  );
}
