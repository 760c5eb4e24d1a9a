// The section of administration: what somebody may not do is not shown.

import "./admin.css";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, NavLink, Route, Routes } from "react-router";
import { useSession, type Role } from "../app/session";
import { Starting } from "../app/states";
import { certificateLists } from "../retention/rights";

const overseers: readonly Role[] = ["admin", "supervisor", "auditor"];

const pages = [
  { name: "people", roles: overseers, Page: lazy(async () => ({ default: (await import("./PeoplePage")).PeoplePage })) },
  { name: "organisations", roles: overseers, Page: lazy(async () => ({ default: (await import("./OrganisationsPage")).OrganisationsPage })) },
  { name: "tokens", roles: overseers, Page: lazy(async () => ({ default: (await import("./TokensPage")).TokensPage })) },
  { name: "policies", roles: overseers, Page: lazy(async () => ({ default: (await import("./PoliciesPage")).PoliciesPage })) },
  { name: "subscribers", roles: ["admin", "auditor"], Page: lazy(async () => ({ default: (await import("./SubscribersPage")).SubscribersPage })) },
  { name: "audit", roles: overseers, Page: lazy(async () => ({ default: (await import("./AuditPage")).AuditPage })) },
  { name: "deletions", roles: certificateLists, Page: lazy(async () => ({ default: (await import("./DeletionsPage")).DeletionsPage })) },
  { name: "accesses", roles: overseers, Page: lazy(async () => ({ default: (await import("./AccessesPage")).AccessesPage })) },
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
      <Suspense fallback={<Starting />}>
      <Routes>
        {shown.map(({ name, Page }) => <Route key={name} path={name} element={<Page />} />)}
        <Route path="*" element={<Navigate to={`/admin/${shown[0]?.name ?? "people"}`} replace />} />
      </Routes>
      </Suspense>
    </div>
  );
}
