// Numbers as people read them. All that is rounded for the screen is rounded here.

/** Rounded to so many digits; what rounds to nothing has no sign: "0.0", never "-0.0". */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/** The same with the sign that it has: "+0.4", "-1.2", "0.0". */
export function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}
