// Changing a case from a dialog: busy while it travels, told in words when it is refused, fresh data when it is done.

import { App } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useProblemText } from "../app/states";

interface CaseChange {
  busy: boolean;
  problem: string | null;
  /** Send it; on success say so, load the case anew and close the dialog. A refusal leaves everything as typed. */
  change: (send: () => Promise<unknown>) => Promise<void>;
}

export function useCaseChange(caseId: string, done: string, onClose: () => void): CaseChange {
  const { message } = App.useApp();
  const say = useProblemText();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const change = async (send: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await send();
      void message.success(done);
      void queries.invalidateQueries({ queryKey: ["cases"] });
      await queries.invalidateQueries({ queryKey: ["case", caseId] });
      onClose();
    } catch (error) {
      setProblem(say(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, change };
}
