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
  warning: "#9c5d00",
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

/**
 * Dense by spacing, not by letters: Ant Design's own compact algorithm shrinks the text to 12 px, at
 * which Chinese is hard to read for eight hours. Steps of the 4 px grid; a control is 28 px high.
 */
const dense: NonNullable<Exclude<ThemeConfig["algorithm"], readonly unknown[]>> = (seed, map) => ({
  ...(map ?? antTheme.defaultAlgorithm(seed)),
  sizeXXL: 48, sizeXL: 32, sizeLG: 16, sizeMD: 16, sizeMS: 12, size: 8, sizeSM: 8, sizeXS: 4, sizeXXS: 4,
  controlHeight: 28, controlHeightLG: 36, controlHeightSM: 24, controlHeightXS: 16,
});

/** The dark algorithm dims the state colours below what WCAG AA asks of text; ours are chosen for dark already. */
const chosenColours: NonNullable<Exclude<ThemeConfig["algorithm"], readonly unknown[]>> = (seed, map) => ({
  ...(map ?? antTheme.defaultAlgorithm(seed)),
  colorSuccess: seed.colorSuccess, colorWarning: seed.colorWarning, colorError: seed.colorError,
});

export function themeFor(appearance: Appearance): ThemeConfig {
  const dark = appearance === "dark";
  return {
    algorithm: [dark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm, dense, chosenColours],
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
      // Pure black around pictures tires the eye over a night shift.
      ...(dark ? { colorBgLayout: "#10151b", colorBgContainer: "#171d24", colorBgElevated: "#1f262e", colorBorderSecondary: "#2a323b" } : {}),
      fontSize: 14,
      fontSizeSM: 13, // tags and side notes; nothing Chinese is smaller
      borderRadius: 4,
      wireframe: false,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.18s",
      fontFamily:
        '-apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans", sans-serif',
    },
    components: {
      Button: { primaryColor: dark ? "#08131d" : "#ffffff", dangerColor: dark ? "#240503" : "#ffffff" },
    },
  };
}
