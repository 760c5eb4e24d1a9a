// Ant Design tokens, light and dark. Colour means state and nothing else (docs/operator-guide).

import { theme as antTheme, type ThemeConfig } from "antd";

export type Appearance = "light" | "dark";

// From the palette of Okabe and Ito, which colour-blind readers tell apart; each state also has a
// shape and a word, so that no meaning rests on colour alone.
export const stateColours = {
  waiting: "#5b6470",
  claimed: "#00609a",
  confirmed: "#00805c",
  rejected: "#5b6470",
  second: "#8a4f9e",
  overdue: "#b42318",
  warning: "#b26a00",
} as const;

export type StateColour = keyof typeof stateColours;

const darkStateColours: Record<StateColour, string> = {
  waiting: "#9aa3af",
  claimed: "#56b4e9",
  confirmed: "#2fc79a",
  rejected: "#9aa3af",
  second: "#c99adb",
  overdue: "#ff7a6e",
  warning: "#f0b04a",
};

export function stateColour(state: StateColour, appearance: Appearance): string {
  return appearance === "dark" ? darkStateColours[state] : stateColours[state];
}

export function themeFor(appearance: Appearance): ThemeConfig {
  const dark = appearance === "dark";
  return {
    algorithm: dark
      ? [antTheme.darkAlgorithm, antTheme.compactAlgorithm]
      : [antTheme.defaultAlgorithm, antTheme.compactAlgorithm],
    token: {
      colorPrimary: dark ? "#5aa9e6" : "#1f5f99",
      colorInfo: dark ? "#5aa9e6" : "#1f5f99",
      colorSuccess: stateColour("confirmed", appearance),
      colorError: stateColour("overdue", appearance),
      colorWarning: stateColour("warning", appearance),
      // Derived backgrounds of these hues come out muddy in light.
      ...(dark ? {} : { colorSuccessBg: "#eaf6f1", colorWarningBg: "#fdf5e8", colorErrorBg: "#fcefee" }),
      // Darker than Ant Design's own: WCAG AA asks for 4.5:1 of these too.
      colorTextPlaceholder: dark ? "#8f98a3" : "#6b727c",
      colorTextDescription: dark ? "#a3acb7" : "#5c636d",
      fontSize: 14,
      borderRadius: 4,
      wireframe: false,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.18s",
      fontFamily:
        '-apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans", sans-serif',
    },
    components: {
      Layout: { headerHeight: 44, headerPadding: "0 12px", headerBg: dark ? "#141a21" : "#16324f" },
      Table: { cellPaddingBlockSM: 6 },
      Button: { primaryColor: dark ? "#08131d" : "#ffffff" },
    },
  };
}
