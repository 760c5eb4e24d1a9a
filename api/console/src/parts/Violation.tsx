// A kind of violation by icon and word, never by colour.

import { useTranslation } from "react-i18next";

export const violations = [
  "STREET_VENDING",
  "ILLEGAL_AD",
  "CONSTRUCTION_DUST",
  "MUCK_TRUCK_SPILL",
] as const;

export type ViolationCode = (typeof violations)[number];

// Drawn by us on a 20x20 grid: a parasol over a table, a sign, a cloud over a wall, a tipping truck.
const paths: Record<ViolationCode, string> = {
  STREET_VENDING: "M10 2a8 6 0 0 0-8 6h16a8 6 0 0 0-8-6zM10 8v4M4 12h12M5.500 12v6M14.500 12v6",
  ILLEGAL_AD: "M3 3h14v9H3zM6 6h8M6 9h5M7 12v6M13 12v6",
  CONSTRUCTION_DUST:
    "M5 9a3 3 0 0 1 .500-5.900A4.200 4.200 0 0 1 13.500 4 2.600 2.600 0 1 1 14.500 9zM3 18v-5h14v5zM7 13v5M11 13v5",
  MUCK_TRUCK_SPILL:
    "M2 5l9-2v8H2zM11 6h4l3 3v4h-7M2 11h9v2H2zM5 15.500a1.500 1.500 0 1 0 .010 0M14 15.500a1.500 1.500 0 1 0 .010 0",
};

export function ViolationIcon({ violation, size = 18 }: { violation: ViolationCode; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true"
      strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round">
      <path d={paths[violation]} />
    </svg>
  );
}

export function Violation({ violation }: { violation: ViolationCode }) {
  const { t } = useTranslation();
  return (
    <span className="violation">
      <ViolationIcon violation={violation} />
      {t(`violation.${violation}`)}
    </span>
  );
}

/** The key of a subtype's words: the wire's dot separates keys in the word lists. */
export function subtypeKey(subtype: string): string {
  return subtype.replace(".", "_");
}
