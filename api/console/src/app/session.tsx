// Who is logged in. An expired session asks for the password on top of the page, so no work is lost.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, lazy, Suspense, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { api, body, setCsrf, whenLoggedOut } from "../api/client";
import { Problem } from "../api/problem";
import type { components } from "../api/schema";
import { LoginForm } from "../login/LoginForm";
import { LoginPage } from "../login/LoginPage";
import { ServiceAway, Starting } from "./states";

export type Session = components["schemas"]["SessionView"];
export type Role = Session["user"]["roles"][number];

interface SessionContextValue {
  session: Session;
  logOut: () => Promise<void>;
  has: (...roles: Role[]) => boolean;
}

const PasswordPage = lazy(async () => ({ default: (await import("../login/PasswordPage")).PasswordPage }));

const SessionContext = createContext<SessionContextValue | null>(null);

export const sessionKey = ["session"] as const;

export function useSession(): SessionContextValue {
  const value = useContext(SessionContext);
  if (!value) throw new Error("useSession outside SessionGate");
  return value;
}

function useSessionQuery() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async () => {
      try {
        return await body(api.GET("/api/v1/session"));
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { data, error, isPending, refetch } = useSessionQuery();
  const [known, setKnown] = useState<Session | null>(null);
  const [expired, setExpired] = useState(false);

  useEffect(() => {
    if (data) {
      setCsrf(data.csrf);
      setKnown(data);
      setExpired(false);
    }
  }, [data]);
  useEffect(() => whenLoggedOut(() => setExpired(true)), []);

  const value = useMemo<SessionContextValue | null>(() => {
    const session = data ?? known;
    if (!session) return null;
    return {
      session,
      has: (...roles) => roles.some((role) => session.user.roles.includes(role)),
      logOut: async () => {
        await body(api.DELETE("/api/v1/session"));
        setKnown(null);
        queries.clear();
        queries.setQueryData(sessionKey, null);
      },
    };
  }, [data, known, queries]);

  const began = (session: Session) => {
    setCsrf(session.csrf);
    queries.setQueryData(sessionKey, session);
    setKnown(session);
    setExpired(false);
    void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
  };

  if (!value && isPending) return <Starting />;
  if (!value && error) return <ServiceAway onRetry={() => void refetch()} />;
  if (!value) return <LoginPage onLogin={began} />;
  if (value.session.user.must_change_password) {
    return <Suspense fallback={<Starting />}><PasswordPage onDone={() => void refetch()} /></Suspense>;
  }
  return (
    <SessionContext.Provider value={value}>
      {children}
      {expired && <LoginForm again onLogin={began} login={value.session.user.login} />}
    </SessionContext.Provider>
  );
}
