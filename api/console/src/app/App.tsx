// Providers and routes.

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import english from "antd/es/locale/en_US";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter, Link, Navigate, Route, Routes } from "react-router";
import { Problem } from "../api/problem";
import { speak } from "../words";
import { Boundary } from "./Boundary";
import { Layout } from "./Layout";
import { watchLine } from "./line";
import { useAppearance, usePreferences, type Language } from "./preferences";
import { sections, type Section } from "./sections";
import { SessionGate, useSession } from "./session";
import { Notice } from "./states";
import { themeFor } from "./theme";

const MAX_TRIES = 3;

const cache = new QueryCache();
watchLine(cache);
const queries = new QueryClient({
  queryCache: cache,
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (tries, error) => error instanceof Problem && error.isPassing && tries < MAX_TRIES,
    },
    mutations: { retry: false },
  },
});

function Home() {
  const { has } = useSession();
  const first = sections.find((section) => has(...section.roles));
  return <Navigate to={first?.path ?? "/overview"} replace />;
}

function Allowed({ section: { roles, Page } }: { section: Section }) {
  const { t } = useTranslation();
  const { has } = useSession();
  if (has(...roles)) return <Page />;
  return <Notice shape="○" title={t("problem.forbidden")}>{t("problem.forbiddenHelp")}</Notice>;
}

function Unknown() {
  const { t } = useTranslation();
  return <Notice shape="○" title={t("problem.noPage")} extra={<Link to="/">{t("problem.toStart")}</Link>} />;
}

const locales: Record<Language, () => Promise<{ default: Locale }>> = {
  "zh-CN": () => import("antd/es/locale/zh_CN"),
  en: () => Promise.resolve({ default: english }),
};

/**
 * The words of Ant Design's own parts; until they are there, its parts speak English.
 *
 * Never without any: ConfigProvider puts one more part around the page for them, and a page that is
 * mounted anew forgets what was typed and which dialog was open.
 */
function useLocale(language: Language): Locale {
  const [locale, setLocale] = useState(english);
  useEffect(() => {
    let isWanted = true;
    void speak(language);
    void locales[language]().then((found) => isWanted && setLocale(found.default));
    return () => {
      isWanted = false;
    };
  }, [language]);
  return locale;
}

export function App() {
  const { language } = usePreferences();
  const appearance = useAppearance();
  const locale = useLocale(language);
  useEffect(() => {
    document.documentElement.dataset["appearance"] = appearance;
  }, [appearance]);
  return (
    <ConfigProvider theme={themeFor(appearance)} locale={locale}
      button={{ autoInsertSpace: false }}>
      <AntApp className="fill">
        <QueryClientProvider client={queries}>
          <Boundary>
          <SessionGate>
            {/* As a transition, the next item would be painted after everything else. */}
            <BrowserRouter useTransitions={false}>
              <Routes>
                <Route element={<Layout />}>
                  <Route index element={<Home />} />
                  {sections.map((section) => (
                    <Route key={section.name} path={`${section.path}/*`} element={<Allowed section={section} />} />
                  ))}
                  <Route path="*" element={<Unknown />} />
                </Route>
              </Routes>
            </BrowserRouter>
          </SessionGate>
          </Boundary>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}
