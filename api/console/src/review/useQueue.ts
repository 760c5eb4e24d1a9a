// The queue of the page: pages as they are scrolled to, changes as they happen, nothing that moves.

import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { api, body } from "../api/client";
import { useSession, type Role } from "../app/session";
import { changed, decided, emptyBook, extended, joined, noticed, opened, returned, type Book, type Change, type Reader } from "./book";
import { queryOf, writeFilters, type Filters } from "./filters";
import { followQueue } from "./stream";
import type { QueueCounts, QueueItem } from "./types";

const PAGE = 100;
const LOOK_AFTER_MS = 700; // a burst of arrivals is one look
const LOOK_BACK_MS = 60_000; // clocks of browser and centre may differ a little

type Action =
  | { do: "set"; book: Book }
  | { do: "extend"; items: readonly QueueItem[]; next: string | null }
  | { do: "notice"; items: readonly QueueItem[] }
  | { do: "join" }
  | { do: "change"; change: Change; reader: Reader }
  | { do: "decide"; id: string }
  | { do: "return"; item: QueueItem };

function reduce(book: Book, action: Action): Book {
  switch (action.do) {
    case "set":
      return action.book;
    case "extend":
      return extended(book, action.items, action.next);
    case "notice":
      return noticed(book, action.items);
    case "join":
      return joined(book);
    case "change":
      return changed(book, action.change, action.reader);
    case "decide":
      return decided(book, action.id);
    case "return":
      return returned(book, action.item);
  }
}

const STATES: Partial<Record<Role, QueueItem["state"]>> = {
  operator: "pending_review",
  second_reviewer: "second_review",
  legal_reviewer: "legal_review",
};

/** The states that wait for somebody with these roles; for a mere reader, all that wait. */
export function statesFor(roles: readonly Role[]): readonly QueueItem["state"][] {
  const own = roles.flatMap((role) => STATES[role] ?? []);
  return own.length > 0 ? own : Object.values(STATES);
}

const loadPage = (queries: QueryClient, filters: Filters, more: { cursor?: string; received_from?: string }) =>
  queries.fetchQuery({
    queryKey: ["queue-page", writeFilters(filters).toString(), more],
    queryFn: () => body(api.GET("/api/v1/queue", { params: { query: { ...queryOf(filters), ...more, limit: PAGE } } })),
    staleTime: 0,
    gcTime: 0,
  });

export interface Queue {
  book: Book;
  counts: QueueCounts | undefined;
  status: "loading" | "ready" | "failed";
  error: unknown;
  isLive: boolean;
  loadMore: () => void;
  reload: () => void;
  join: () => void;
  decide: (id: string) => void;
  giveBack: (item: QueueItem) => void;
}

export function useQueue(filters: Filters, onChange: (change: Change) => void): Queue {
  const queries = useQueryClient();
  const { session } = useSession();
  const [book, dispatch] = useReducer(reduce, emptyBook);
  const [status, setStatus] = useState<Queue["status"]>("loading");
  const [error, setError] = useState<unknown>(null);
  const [isLive, setIsLive] = useState(false);
  const loadingMore = useRef(false);
  const lookedAt = useRef(Date.now());
  const names = useRef(new Map<string, string>());
  const { id: userId, roles } = session.user;
  const reader = useMemo<Reader>(
    () => ({ userId, states: filters.state ? [filters.state] : statesFor(roles), nameOf: (id) => names.current.get(id) ?? "" }),
    [filters.state, userId, roles],
  );
  const current = useRef({ filters, book, onChange });
  current.current = { filters, book, onChange };
  for (const { claim } of book.items) if (claim) names.current.set(claim.user_id, claim.user_name);

  const counts = useQuery({
    queryKey: ["queue-counts", writeFilters(filters).toString()],
    queryFn: () => body(api.GET("/api/v1/queue/counts", { params: { query: queryOf(filters) } })),
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  });

  const reload = useCallback(() => {
    const wanted = current.current.filters;
    setStatus((before) => (before === "ready" ? before : "loading"));
    lookedAt.current = Date.now();
    loadPage(queries, wanted, {}).then(
      (page) => {
        if (current.current.filters !== wanted) return;
        dispatch({ do: "set", book: opened(page.items, page.next) });
        setStatus("ready");
      },
      (failure: unknown) => {
        setError(failure);
        setStatus("failed");
      },
    );
  }, [queries]);
  useEffect(() => {
    setStatus("loading");
    reload();
  }, [filters, reload]);

  const loadMore = useCallback(() => {
    const cursor = current.current.book.next;
    if (cursor === null || loadingMore.current) return;
    loadingMore.current = true;
    const wanted = current.current.filters;
    loadPage(queries, wanted, { cursor })
      .then((page) => {
        if (current.current.filters === wanted) dispatch({ do: "extend", items: page.items, next: page.next });
      })
      .catch(() => undefined) // the end of the list asks again when it is scrolled to
      .finally(() => {
        loadingMore.current = false;
      });
  }, [queries]);

  const look = useCallback(() => {
    const since = new Date(lookedAt.current - LOOK_BACK_MS).toISOString();
    const began = Date.now();
    loadPage(queries, current.current.filters, { received_from: since }).then(
      (page) => {
        lookedAt.current = began;
        dispatch({ do: "notice", items: page.items });
      },
      () => undefined, // the line's state is shown in the header
    );
    void queries.invalidateQueries({ queryKey: ["queue-counts"] });
  }, [queries]);

  const start = counts.data?.stream;
  const isStarted = start !== undefined;
  useEffect(() => {
    if (!isStarted) return undefined;
    let due: ReturnType<typeof setTimeout> | null = null;
    const lookSoon = () => {
      due ??= setTimeout(() => {
        due = null;
        look();
      }, LOOK_AFTER_MS);
    };
    const end = followQueue(start, {
      onChange: (change) => {
        dispatch({ do: "change", change, reader });
        current.current.onChange(change);
        lookSoon();
      },
      onReset: look,
      onPoll: look,
      onLive: setIsLive,
    });
    return () => {
      end();
      if (due !== null) clearTimeout(due);
    };
    // One stream for the page's life: it goes on from its own position.
  }, [isStarted, look, reader]);

  return {
    book, counts: counts.data, status, error, isLive, loadMore, reload,
    join: useCallback(() => dispatch({ do: "join" }), []),
    decide: useCallback((id) => dispatch({ do: "decide", id }), []),
    giveBack: useCallback((item) => dispatch({ do: "return", item }), []),
  };
}
