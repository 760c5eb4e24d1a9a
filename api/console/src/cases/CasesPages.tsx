// Cases: the list, and one of them.

import { useParams } from "react-router";
import { CaseList } from "./CaseList";
import { CasePage } from "./CasePage";
import "./cases.css";

export default function CasesPages() {
  const id = useParams()["*"] || null;
  return id ? <CasePage key={id} id={id} /> : <CaseList />;
}
