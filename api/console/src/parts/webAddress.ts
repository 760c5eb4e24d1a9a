// Addresses of pages and receivers, as the API takes them. Ant Design's own rule refuses good ones.

export function isWebAddress(text: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

/** A rule of a form; an empty field is for "required" to judge. */
export const webAddressRule = (message: string) => ({
  validator: (_: unknown, value?: string) => (!value || isWebAddress(value) ? Promise.resolve() : Promise.reject(new Error(message))),
});
