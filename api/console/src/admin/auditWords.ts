// Actions and subjects of the log in words; what a newer centre writes is shown as it is.

import type { TFunction } from "i18next";
import { admin } from "../words/zh/admin";

type Say = TFunction<"admin">;
type ActionKey = keyof typeof admin.action;
type Program = keyof typeof admin.audit.program;
type SubjectKind = keyof typeof admin.audit.kind;

export const subjectKinds = Object.keys(admin.audit.kind) as SubjectKind[];

const actionKeys = Object.keys(admin.action) as ActionKey[];
// The noun is all before the last part that makes sense: nouns of two words are few.
const NOUNS = ["access_register", "evidence_basis", "machine_token"];

/** "camera_gate_ended" -> "camera.gate_ended": the word lists cannot have dots in their keys. */
export function wireAction(key: string): string {
  const noun = NOUNS.find((one) => key.startsWith(`${one}_`)) ?? key.slice(0, key.indexOf("_"));
  return `${noun}.${key.slice(noun.length + 1)}`;
}

export const actions: readonly string[] = actionKeys.map(wireAction);

export function actionText(action: string, t: Say): string {
  const key = actionKeys.find((one) => one === action.replace(".", "_"));
  return key ? t(`action.${key}`) : action;
}

const programs = Object.keys(admin.audit.program) as Program[];

/** Who did it: people, machines and boxes by their names, the centre's own programs in words. */
export function actorText({ actor_kind: kind, actor_name: name }: { actor_kind: string; actor_name: string }, t: Say): string {
  const known = kind === "system" ? programs.find((one) => one === name) : undefined;
  return known ? t(`audit.program.${known}`) : name;
}

export function subjectText(kind: string, t: Say): string {
  const known = subjectKinds.find((one) => one === kind);
  return known ? t(`audit.kind.${known}`) : kind;
}
