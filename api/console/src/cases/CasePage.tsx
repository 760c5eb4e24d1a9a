// One case: the evidence as the reviewers saw it, and everything that is on record about it.

import { LeftOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Skeleton } from "antd";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import type { components } from "../api/schema";
import { useSession } from "../app/session";
import { Failed, Notice } from "../app/states";
import { Violation } from "../parts/Violation";
import { When } from "../parts/When";
import { Gone } from "../retention/Gone";
import { HoldMark } from "../retention/HoldMark";
import { Keeping } from "../retention/Keeping";
import { useCandidate } from "../review/candidate";
import { Evidence } from "../review/Evidence";
import OriginalDialog from "../review/OriginalDialog";
import { useOriginals } from "../review/originals";
import { clipOf, deletionOf, picturesOf } from "../review/pictures";
import "../review/review.css";
import { firstStage, stageReducer } from "../review/stage";
import { Thumbnails } from "../review/Thumbnails";
import type { CandidateDetail } from "../review/types";
import { useCameras } from "../review/useCameras";
import { CameraSays, RuleSays } from "../review/Why";
import type { ClipHandle } from "../viewer/Clip";
import { CaseActions, Verified } from "./CaseActions";
import { Bases, Decisions, Deliveries, Fold, History, Reports, Supplements, type CaseDetail } from "./CaseFacts";
import { CaseStateMark } from "./CaseStateMark";

const nothing = () => undefined;

function CandidateEvidence({ candidate }: { candidate: CandidateDetail }) {
  const [stage, dispatch] = useReducer(stageReducer, firstStage);
  const pictures = useMemo(() => picturesOf(candidate.evidence), [candidate]);
  const clip = useMemo(() => clipOf(candidate.evidence), [candidate]);
  const originals = useOriginals(candidate);
  const handle = useRef<ClipHandle | null>(null);
  useEffect(() => dispatch({ do: "open", violation: candidate.violation, pictures }), [candidate.violation, pictures]);
  return (
    <>
      <Evidence detail={candidate} pictures={pictures} clip={clip} stage={stage} dispatch={dispatch} originals={originals}
        clipHandle={handle} onBroken={nothing} />
      <OriginalDialog originals={originals} />
    </>
  );
}

/** For people without access to candidates: the redacted copies of the frozen set. */
function Copies({ detail }: { detail: CaseDetail }) {
  const pictures = useMemo(() => picturesOf(detail.evidence).filter((picture) => picture.file !== null), [detail]);
  return (
    <div className="case-copies">
      <Thumbnails pictures={pictures} clip={null} stage={{ ...firstStage, mode: "row" }} missing={null} onChoose={nothing} onClip={nothing} onBroken={nothing} />
    </div>
  );
}

export function CasePage({ id }: { id: string }) {
  const { t } = useTranslation(["cases", "common"]);
  const navigate = useNavigate();
  const { has } = useSession();
  const [report, setReport] = useState<components["schemas"]["api__cases__schemas__Verification"] | null>(null);
  const { data: detail, error, refetch } = useQuery({
    queryKey: ["case", id],
    queryFn: () => body(api.GET("/api/v1/cases/{case_id}", { params: { path: { case_id: id } } })),
  });
  const seesCandidates = has("operator", "second_reviewer", "legal_reviewer", "supervisor", "auditor");
  const { data: cameras = [] } = useCameras();
  const { data: candidate } = useCandidate(detail && seesCandidates ? detail.candidate_id : null);
  const onVerified = useCallback((found: components["schemas"]["api__cases__schemas__Verification"]) => {
    setReport(found);
    void refetch();
  }, [refetch]);
  if (error instanceof Problem && error.status === 404) return <Notice shape="○" title={t("detail.notFound")} />;
  if (error) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!detail) return <div className="page-body" aria-busy="true"><Skeleton active paragraph={{ rows: 10 }} /></div>;
  const gone = deletionOf(detail.evidence);
  const copies = detail.evidence.filter((item) => item.is_redacted).length;
  return (
    <div className="review case">
      <div className="case-main">
        <header className="candidate-head">
          <Button type="text" size="small" icon={<LeftOutlined />} aria-label={t("common:action.back")} onClick={() => void navigate(-1)} />
          <h1>{t("detail.title", { number: detail.number })} <Violation violation={detail.violation} /></h1>
          <span className="candidate-camera">{candidate?.camera_name || cameras.find((one) => one.id === detail.camera_id)?.name || detail.camera_id}</span>
          <When at={detail.started_at} />
          <span className="candidate-rest">
            {detail.hold && <HoldMark />}
            <CaseStateMark state={detail.state} />
            {seesCandidates && <Link to={`/review/${detail.candidate_id}`}>{t("detail.candidate")}</Link>}
          </span>
        </header>
        {gone ? <Gone deleted={gone} /> : candidate ? <CandidateEvidence candidate={candidate} /> : seesCandidates ? <Skeleton active /> : <Copies detail={detail} />}
      </div>
      <aside className="case-record" tabIndex={0} aria-label={t("detail.history")}>
        <div className="case-actions"><CaseActions detail={detail} onVerified={onVerified} /></div>
        {report && <Verified report={report} />}
        {detail.state === "withdrawn" && detail.withdraw_reason && (
          <p><strong>{t("common:named", { name: t("state.withdrawn"), value: t(`withdraw.reasons.${detail.withdraw_reason}`) })}</strong> {detail.withdraw_note}</p>
        )}
        <p className="quiet figures case-set">
          {t("detail.originals", { originals: detail.evidence.length - copies, copies })} · {t("detail.frozen", { report: detail.frozen_update + 1 })} ·{" "}
          {t("detail.manifest")} <code title={detail.manifest_sha256}>{detail.manifest_sha256.slice(0, 12)}</code>
        </p>
        <Keeping candidateId={detail.candidate_id} hold={detail.hold} stamp={detail.timestamp} deletions={detail.deletions} isGone={gone !== null} />
        {candidate && <><RuleSays detail={candidate} /><CameraSays detail={candidate} /></>}
        <Fold title={t("detail.decisions")} count={detail.decisions.length} isOpen><Decisions detail={detail} /></Fold>
        <Fold title={t("detail.bases")} count={detail.legal_bases.length}><Bases detail={detail} /></Fold>
        <Fold title={t("detail.deliveries")} count={detail.deliveries.length} isOpen><Deliveries detail={detail} /></Fold>
        <Fold title={t("detail.reports")} count={detail.callbacks.length}><Reports detail={detail} /></Fold>
        <Fold title={t("detail.supplements")} count={detail.supplements.length}><Supplements detail={detail} /></Fold>
        <Fold title={t("detail.history")} count={detail.history.length} isOpen><History detail={detail} /></Fold>
      </aside>
    </div>
  );
}
