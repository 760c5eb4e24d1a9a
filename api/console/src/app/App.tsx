// Providers and routes.

import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useEffect } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { Problem } from "../api/problem";
import { i18n } from "../words";
import { Layout } from "./Layout";
import { watchLine } from "./line";
import { useAppearance, usePreferences } from "./preferences";
import { sections } from "./sections";
import { SessionGate, useSession } from "./session";
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

export function App() {
  const { language } = usePreferences();
  const appearance = useAppearance();
  useEffect(() => {
    void i18n.changeLanguage(language);
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset["appearance"] = appearance;
  }, [appearance]);
  return (
    <ConfigProvider theme={themeFor(appearance)} locale={language === "en" ? enUS : zhCN}
      button={{ autoInsertSpace: false }}>
      <AntApp className="fill">
        <QueryClientProvider client={queries}>
          <SessionGate>
            {/* As a transition, the next item would be painted after everything else. */}
            <BrowserRouter useTransitions={false}>
              <Routes>
                <Route element={<Layout />}>
                  <Route index element={<Home />} />
                  {sections.map(({ name, path, Page }) => (
                    <Route key={name} path={`${path}/*`} element={<Page />} />
                  ))}
                  <Route path="*" element={<Home />} />
                </Route>
              </Routes>
            </BrowserRouter>
          </SessionGate>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}
