// The section of administration: what somebody may not do is not shown.

import "./admin.css";
import { useTranslation } from "react-i18next";
import { Navigate, NavLink, Route, Routes } from "react-router";
import { useSession, type Role } from "../app/session";
import { AccessesPage } from "./AccessesPage";
import { AuditPage } from "./AuditPage";
import { OrganisationsPage } from "./OrganisationsPage";
import { PeoplePage } from "./PeoplePage";
import { PoliciesPage } from "./PoliciesPage";
import { SubscribersPage } from "./SubscribersPage";
import { TokensPage } from "./TokensPage";

const overseers: readonly Role[] = ["admin", "supervisor", "auditor"];

const pages = [
  { name: "people", roles: overseers, Page: PeoplePage },
  { name: "organisations", roles: overseers, Page: OrganisationsPage },
  { name: "tokens", roles: overseers, Page: TokensPage },
  { name: "policies", roles: overseers, Page: PoliciesPage },
  { name: "subscribers", roles: ["admin", "auditor"], Page: SubscribersPage },
  { name: "audit", roles: overseers, Page: AuditPage },
  { name: "accesses", roles: overseers, Page: AccessesPage },
] as const;

export default function AdminPages() {
  const { t } = useTranslation("admin");
  const { t: tc } = useTranslation();
  const { has } = useSession();
  const shown = pages.filter((page) => has(...page.roles));
  return (
    <div className="page-body">
      <nav className="section-nav" aria-label={tc("nav.admin")}>
        {shown.map((page) => <NavLink key={page.name} to={`/admin/${page.name}`}>{t(`nav.${page.name}`)}</NavLink>)}
      </nav>
      <Routes>
        {shown.map(({ name, Page }) => <Route key={name} path={name} element={<Page />} />)}
        <Route path="*" element={<Navigate to={`/admin/${shown[0]?.name ?? "people"}`} replace />} />
      </Routes>
    </div>
  );
}
