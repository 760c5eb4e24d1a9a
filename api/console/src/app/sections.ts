// The console's sections: path, who sees it, and the page, loaded when it is first opened.

import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { Role } from "./session";

export interface Section {
  name: "review" | "cases" | "cameras" | "overview" | "admin";
  path: string;
  roles: readonly Role[];
  key: string; // after G
  Page: LazyExoticComponent<ComponentType>;
}

const readers: readonly Role[] = [
  "operator",
  "second_reviewer",
  "legal_reviewer",
  "dispatcher",
  "street_team",
  "supervisor",
  "auditor",
  "admin",
];

export const sections: readonly Section[] = [
  {
    name: "review",
    path: "/review",
    roles: ["operator", "second_reviewer", "legal_reviewer", "supervisor"],
    key: "r",
    Page: lazy(() => import("../review/ReviewPage")),
  },
  // An administrator keeps the system and sees no cases.
  { name: "cases", path: "/cases", roles: readers.filter((role) => role !== "admin"), key: "c", Page: lazy(() => import("../cases/CasesPages")) },
  { name: "cameras", path: "/cameras", roles: readers, key: "k", Page: lazy(() => import("../cameras/CamerasPages")) },
  { name: "overview", path: "/overview", roles: readers, key: "o", Page: lazy(() => import("../overview/OverviewPage")) },
  // A legal reviewer finds the deletions there, and nothing else.
  { name: "admin", path: "/admin", roles: ["admin", "auditor", "supervisor", "legal_reviewer"], key: "a", Page: lazy(() => import("../admin/AdminPages")) },
];
