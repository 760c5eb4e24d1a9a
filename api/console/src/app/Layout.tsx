// The frame of every page: where one can go, whether the line is up, whose session it is.

import { DownOutlined, MoonOutlined, SunOutlined } from "@ant-design/icons";
import { Badge, Button, Modal, Popover, Tooltip } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useLocation } from "react-router";
import { Mark } from "../parts/Mark";
import { Boundary } from "./Boundary";
import { GoKeys, KeysProvider } from "./keys";
import { useLine } from "./line";
import { setPreferences, useAppearance, usePreferences } from "./preferences";
import { sections } from "./sections";
import { useSession } from "./session";
import { Starting } from "./states";
import { Version } from "./Version";

const PasswordForm = lazy(async () => ({ default: (await import("../login/PasswordPage")).PasswordForm }));

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
  const [isOpen, setIsOpen] = useState(false);
  const [changing, setChanging] = useState(false);
  const choices = [
    { name: language === "en" ? "中文" : "English", act: () => setPreferences({ language: language === "en" ? "zh-CN" : "en" }) },
    { name: t("account.changePassword"), act: () => setChanging(true) },
    { name: t("account.logout"), act: () => void logOut() },
  ];
  const menu = (
    <div className="account-menu">
      <div className="quiet account-who">{session.user.login} · {session.user.organisation_name}</div>
      {choices.map(({ name, act }) => (
        <Button key={name} type="text" block onClick={() => {
          setIsOpen(false);
          act();
        }}>{name}</Button>
      ))}
      <div className="account-version"><Version /></div>
    </div>
  );
  return (
    <>
      <Popover trigger="click" placement="bottomRight" content={menu} open={isOpen} onOpenChange={setIsOpen} arrow={false}>
        <Button type="text" aria-expanded={isOpen}>
          {session.user.name} <DownOutlined />
        </Button>
      </Popover>
      <Modal open={changing} footer={null} destroyOnHidden title={t("account.changePassword")}
        onCancel={() => setChanging(false)}>
        <Suspense fallback={null}><PasswordForm onDone={() => setChanging(false)} /></Suspense>
      </Modal>
    </>
  );
}

export function Layout() {
  const { t } = useTranslation();
  const { has } = useSession();
  const appearance = useAppearance();
  const section = useLocation().pathname.split("/")[1];
  const shown = sections.filter((section) => has(...section.roles));
  return (
    <KeysProvider>
    <GoKeys />
    <div className="frame">
      <header className="header">
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
      </header>
      <main className="page">
        <Boundary key={section}>
          <Suspense fallback={<Starting />}>
            <Outlet />
          </Suspense>
        </Boundary>
      </main>
    </div>
    </KeysProvider>
  );
}
