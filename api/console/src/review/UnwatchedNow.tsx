// Nothing to review must not look like nothing happening: how many cameras nobody watches now.

import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { unwatchedSince } from "../cameras/coverage";
import { useCoverage } from "../cameras/queries";

export default function UnwatchedNow() {
  const { t } = useTranslation("cameras");
  const out = (useCoverage().data?.items ?? []).filter((row) => unwatchedSince(row) !== null).length;
  return out > 0 ? <p><Link to="/cameras/coverage" className="unwatched-now">▲ {t("coverage.outNow", { count: out })}</Link></p> : null;
}
