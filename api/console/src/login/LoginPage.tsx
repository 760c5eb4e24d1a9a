// The first page: log in, choose the language.

import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { setPreferences, usePreferences, type Language } from "../app/preferences";
import type { Session } from "../app/session";
import { Version } from "../app/Version";
import { Mark } from "../parts/Mark";
import { LoginForm } from "./LoginForm";

export function LoginPage({ onLogin }: { onLogin: (session: Session) => void }) {
  const { t } = useTranslation();
  const { language } = usePreferences();
  return (
    <main className="centred login">
      <section className="login-card">
        <h1 className="login-title">
          <Mark size={30} /> {t("product")}
        </h1>
        <LoginForm onLogin={onLogin} />
        <div className="login-language">
          <Segmented<Language>
            aria-label={t("account.language")}
            value={language}
            onChange={(chosen) => setPreferences({ language: chosen })}
            options={[
              { label: "中文", value: "zh-CN" },
              { label: "English", value: "en" },
            ]}
          />
        </div>
        <div className="login-version"><Version /></div>
      </section>
    </main>
  );
}
