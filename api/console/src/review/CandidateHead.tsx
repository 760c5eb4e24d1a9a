// Above the evidence: what, where, when, and how it stands.

import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { State } from "../parts/State";
import { subtypeKey, Violation } from "../parts/Violation";
import { formatSpan, When } from "../parts/When";
import { HoldMark } from "../retention/HoldMark";
import { common } from "../words/zh/common";
import type { CandidateDetail } from "./types";

const subtypes = Object.keys(common.subtype) as (keyof typeof common.subtype)[];

export function CandidateHead({ detail }: { detail: CandidateDetail }) {
  const { t, i18n } = useTranslation(["review", "common"]);
  const subtype = subtypes.find((one) => one === subtypeKey(detail.subtype));
  const lasted = (Date.parse(detail.ended_at ?? detail.last_seen_at) - Date.parse(detail.started_at)) / 1000;
  return (
    <header className="candidate-head">
      <h1>
        <Violation violation={detail.violation} />
        {subtype && <span className="candidate-subtype">{t(`common:subtype.${subtype}`)}</span>}
      </h1>
      <span className="candidate-camera">{detail.camera_name || detail.camera_id}</span>
      <span className="candidate-when">
        <When at={detail.started_at} /> <span className="quiet">{t("detail.lasted", { span: formatSpan(lasted, i18n.language) })}</span>
      </span>
      <span className="candidate-rest">
        {detail.stage && detail.stage !== "operator" && <Tag>{t(`decide.stage.${detail.stage}`)}</Tag>}
        {detail.case && <Link to={`/cases/${detail.case.id}`}>{t("detail.case", { number: detail.case.number })}</Link>}
        {detail.hold && <HoldMark />}
        <State state={detail.state} />
        <span className="figures quiet">{t("detail.number", { number: detail.number })}</span>
      </span>
    </header>
  );
}
