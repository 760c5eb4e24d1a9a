// Keys of the page and their help. A key never acts while somebody types or a dialog is open.

import { Modal } from "antd";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { sections } from "./sections";
import { useSession } from "./session";

export interface KeyAction {
  keys: readonly string[]; // as KeyboardEvent.key gives them, lower case; the first is shown
  label: string; // in the reader's language
  group: string;
  act: (event: KeyboardEvent) => void;
  disabled?: boolean;
  whileDialogIsOpen?: boolean;
}

interface Registry {
  add: (actions: readonly KeyAction[]) => () => void;
}

const KeysContext = createContext<Registry | null>(null);

const GO_TIMEOUT_MS = 1500; // between G and the section's letter

const PRESSED = new Set(["radio", "checkbox", "range", "button", "submit"]); // inputs nobody types into

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const { tagName } = target;
  if (target instanceof HTMLInputElement) return !PRESSED.has(target.type);
  return tagName === "TEXTAREA" || tagName === "SELECT" || target.isContentEditable;
}

/** Enter and Space press what was reached with Tab, as everywhere; else they are the page's keys. */
function isPressing(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if ((key !== "Enter" && key !== " ") || !(target instanceof HTMLElement)) return false;
  return target.matches("button, a[href], input, [role=checkbox], [role=option], [role=combobox]") && target.matches(":focus-visible");
}

function dialogIsOpen(): boolean {
  return document.querySelector('.ant-modal-wrap:not([style*="display: none"]) [role="dialog"]') !== null;
}

const shownNames: Record<string, string> = {
  " ": "Space", enter: "Enter", arrowup: "↑", arrowdown: "↓", arrowleft: "←", arrowright: "→", escape: "Esc",
};

export function keyName(key: string): string {
  return shownNames[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

export function KeysProvider({ children }: { children: ReactNode }) {
  const groups = useRef(new Set<readonly KeyAction[]>());
  const [helpIsOpen, setHelpIsOpen] = useState(false);
  const registry = useMemo<Registry>(
    () => ({
      add: (actions) => {
        groups.current.add(actions);
        return () => groups.current.delete(actions);
      },
    }),
    [],
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const key = event.key.toLowerCase();
      const dialog = dialogIsOpen();
      if ((isTyping(event.target) && key !== "escape") || isPressing(event)) return;
      if (key === "?" && !dialog) {
        setHelpIsOpen(true);
        return;
      }
      // The newest registration wins: a panel on top takes the key from the page below.
      for (const actions of [...groups.current].reverse()) {
        const action = actions.find((one) => one.keys.includes(key) && !one.disabled);
        if (!action || (dialog && !action.whileDialogIsOpen)) continue;
        event.preventDefault();
        action.act(event);
        return;
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <KeysContext.Provider value={registry}>
      {children}
      <KeysHelp open={helpIsOpen} onClose={() => setHelpIsOpen(false)} groups={groups.current} />
    </KeysContext.Provider>
  );
}

/** Registers keys while the calling component is mounted. */
export function useKeys(actions: readonly KeyAction[]): void {
  const registry = useContext(KeysContext);
  useEffect(() => registry?.add(actions), [registry, actions]);
}

function KeysHelp({ open, onClose, groups }: {
  open: boolean;
  onClose: () => void;
  groups: Set<readonly KeyAction[]>;
}) {
  const { t } = useTranslation();
  const byGroup = new Map<string, KeyAction[]>();
  if (open) {
    for (const action of [...groups].flat()) {
      byGroup.set(action.group, [...(byGroup.get(action.group) ?? []), action]);
    }
  }
  return (
    <Modal open={open} onCancel={onClose} footer={null} width={720} title={t("keys.help")}>
      <div className="keys-help">
        {[...byGroup].map(([group, actions]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {actions.map((action) => (
                <div key={action.label}>
                  <dt>{action.keys.map((key) => <kbd key={key}>{keyName(key)}</kbd>)}</dt>
                  <dd>{action.label}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}

/** G, then a letter: to another section. */
export function GoKeys() {
  const { t } = useTranslation();
  const { has } = useSession();
  const navigate = useNavigate();
  const pressedAt = useRef(0);
  const actions = useMemo<KeyAction[]>(() => {
    const go: KeyAction = {
      keys: ["g"],
      label: t("keys.go"),
      group: t("keys.any"),
      act: () => {
        pressedAt.current = performance.now();
      },
    };
    return [go];
  }, [t]);
  useKeys(actions);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (performance.now() - pressedAt.current > GO_TIMEOUT_MS || isTyping(event.target)) return;
      const section = sections.find((one) => one.key === event.key.toLowerCase() && has(...one.roles));
      if (!section) return;
      pressedAt.current = 0;
      event.stopImmediatePropagation(); // R is "go to review" here, not the page's own R
      event.preventDefault();
      void navigate(section.path);
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [has, navigate]);
  return null;
}
