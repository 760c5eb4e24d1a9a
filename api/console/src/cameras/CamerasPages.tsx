// The section of cameras: grid, one camera, boxes, evidence bases.

import "./cameras.css";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, Route, Routes } from "react-router";
import { Starting } from "../app/states";
import { CamerasPage } from "./CamerasPage";

const BasesPage = lazy(async () => ({ default: (await import("./BasesPage")).BasesPage }));
const BoxesPage = lazy(async () => ({ default: (await import("./BoxesPage")).BoxesPage }));
const CoveragePage = lazy(async () => ({ default: (await import("./CoveragePage")).CoveragePage }));
const CameraPage = lazy(async () => ({ default: (await import("./CameraPage")).CameraPage }));

function WithNavigation() {
  const { t } = useTranslation("cameras");
  return (
    <div className="page-body">
      <nav className="section-nav" aria-label={t("nav.cameras")}>
        <NavLink to="/cameras" end>{t("nav.cameras")}</NavLink>
        <NavLink to="/cameras/coverage">{t("nav.coverage")}</NavLink>
        <NavLink to="/cameras/boxes">{t("nav.boxes")}</NavLink>
        <NavLink to="/cameras/bases">{t("nav.bases")}</NavLink>
      </nav>
      <Suspense fallback={<Starting />}><Outlet /></Suspense>
    </div>
  );
}

export default function CamerasPages() {
  return (
    <Routes>
      <Route element={<WithNavigation />}>
        <Route index element={<CamerasPage />} />
        <Route path="coverage" element={<CoveragePage />} />
        <Route path="boxes" element={<BoxesPage />} />
        <Route path="bases" element={<BasesPage />} />
      </Route>
      <Route path="camera/:cameraId/:tab?" element={<CameraPage />} />
    </Routes>
  );
}
