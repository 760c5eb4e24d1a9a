// The frame of every page: where one can go, whether the line is up, whose session it is.

import { DownOutlined, MoonOutlined, SunOutlined } from "@ant-design/icons";
import { Badge, Button, Dropdown, Layout as AntLayout, Modal, Tooltip, type MenuProps } from "antd";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet } from "react-router";
import { PasswordForm } from "../login/PasswordPage";
import { Mark } from "../parts/Mark";
import { GoKeys, KeysProvider } from "./keys";
import { useLine } from "./line";
import { setPreferences, useAppearance, usePreferences } from "./preferences";
import { sections } from "./sections";
import { useSession } from "./session";
import { Starting } from "./states";

function LineState() {
  const { t } = useTranslation();
  const line = useLine();
  const status = line === "online" ? "success" : "error";
  return (
    <Tooltip title={line === "online" ? "" : t("line.offlineHelp")}>
      <span className="line" role="status" data-line={line}>
        <Badge status={status} /> {t(`line.${line}`)}
      </span>
    </Tooltip>
  );
}

function AccountMenu() {
  const { t } = useTranslation();
  const { session, logOut } = useSession();
  const { language } = usePreferences();
  const [changing, setChanging] = useState(false);
  const items: MenuProps["items"] = [
    { key: "language", label: language === "en" ? "中文" : "English" },
    { key: "password", label: t("account.changePassword") },
    { type: "divider" },
    { key: "logout", label: t("account.logout") },
  ];
  const choose: MenuProps["onClick"] = ({ key }) => {
    if (key === "language") setPreferences({ language: language === "en" ? "zh-CN" : "en" });
    if (key === "password") setChanging(true);
    if (key === "logout") void logOut();
  };
  return (
    <>
      <Dropdown menu={{ items, onClick: choose }} trigger={["click"]}>
        <Button type="text">
          {session.user.name} <DownOutlined />
        </Button>
      </Dropdown>
      <Modal open={changing} footer={null} destroyOnHidden title={t("account.changePassword")}
        onCancel={() => setChanging(false)}>
        <PasswordForm onDone={() => setChanging(false)} />
      </Modal>
    </>
  );
}

export function Layout() {
  const { t } = useTranslation();
  const { has } = useSession();
  const appearance = useAppearance();
  const shown = sections.filter((section) => has(...section.roles));
  return (
    <KeysProvider>
    <GoKeys />
    <AntLayout className="fill">
      <AntLayout.Header className="header">
        <NavLink to="/" className="brand" aria-label={t("product")}>
          <Mark /> {t("product")}
        </NavLink>
        <nav>
          {shown.map((section) => (
            <NavLink key={section.name} to={section.path}>
              {t(`nav.${section.name}`)}
            </NavLink>
          ))}
        </nav>
        <LineState />
        <Tooltip title={t("account.appearance")}>
          <Button type="text" aria-label={t("account.appearance")}
            icon={appearance === "dark" ? <SunOutlined /> : <MoonOutlined />}
            onClick={() => setPreferences({ appearance: appearance === "dark" ? "light" : "dark" })} />
        </Tooltip>
        <AccountMenu />
      </AntLayout.Header>
      <main className="page">
        <Suspense fallback={<Starting />}>
          <Outlet />
        </Suspense>
      </main>
    </AntLayout>
    </KeysProvider>
  );
}
