// How each kind of zone is drawn. Colours of Okabe and Ito; the word always stands beside them.

import type { ZoneKind } from "./settings";

export const kindColours: Record<ZoneKind, string> = {
  no_vending: "#e69f00",
  permitted: "#009e73",
  ad_surface: "#cc79a7",
  permitted_ad: "#b6a0ff",
  site: "#f0e442",
  road: "#56b4e9",
  sensitive: "#4d7dff",
  privacy_mask: "#ffffff",
};
