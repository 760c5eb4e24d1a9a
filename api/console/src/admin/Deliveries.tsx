// What went to one subscriber, and what was given up.

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, body } from "../api/client";
import { useAppearance } from "../app/preferences";
import { Failed, useProblemText } from "../app/states";
import { stateColour } from "../app/theme";
import { DataTable } from "../parts/DataTable";
import { fixed } from "../parts/figures";
import { When } from "../parts/When";
import { eventKey } from "./events";
import type { Delivery } from "./queries";

const looks = {
  waiting: { shape: "○", colour: "waiting" },
  delivered: { shape: "●", colour: "confirmed" },
  dead: { shape: "✕", colour: "warning" },
} as const;

const EVERY_MS = 5_000; // a test delivery is tried within seconds

export function Deliveries({ subscriberId, isAdmin }: { subscriberId: string; isAdmin: boolean }) {
  const { t } = useTranslation("admin");
  const { message } = App.useApp();
  const appearance = useAppearance();
  const say = useProblemText();
  const queries = useQueryClient();
  const [onlyDead, setOnlyDead] = useState(false);
  const path = { subscriber_id: subscriberId };
  const deliveries = useInfiniteQuery({
    queryKey: ["deliveries", subscriberId, { onlyDead }],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/v1/subscribers/{subscriber_id}/deliveries", {
        params: { path, query: { limit: 50, ...(onlyDead ? { state: "dead" as const } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
      })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    refetchInterval: EVERY_MS,
  });
  const again = useMutation({
    mutationFn: () => body(api.POST("/api/v1/subscribers/{subscriber_id}/deliveries/retries", { params: { path } })),
    onSuccess: ({ deliveries: count }) => {
      message.success(t("subscribers.againDone", { count }));
      void queries.invalidateQueries({ queryKey: ["deliveries", subscriberId] });
    },
    onError: (error) => message.error(say(error)),
  });
  if (deliveries.isError && !deliveries.data) return <Failed error={deliveries.error} onRetry={() => void deliveries.refetch()} />;
  const rows = deliveries.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <div className="page-tools">
        <Checkbox checked={onlyDead} onChange={(event) => setOnlyDead(event.target.checked)}>{t("subscribers.onlyDead")}</Checkbox>
        {isAdmin && <Button disabled={!rows?.some((row) => row.state === "dead")} loading={again.isPending} onClick={() => again.mutate()}>{t("subscribers.again")}</Button>}
      </div>
      <DataTable<Delivery> label={t("subscribers.deliveries")} keyOf={(one) => one.id} rows={rows} empty={t("subscribers.noDeliveries")}
        columns={[
          { key: "event", title: t("subscribers.event"), cell: (one) => (
            <>{t(`subscribers.type.${eventKey(one.event_type)}`)}{one.case_id && <> <Link to={`/cases/${one.case_id}`}>↗</Link></>}</>
          ) },
          { key: "state", title: t("subscribers.state"), cell: (one) => (
            <span className="state" data-delivery={one.state} style={{ color: stateColour(looks[one.state].colour, appearance) }}>
              <span aria-hidden="true">{looks[one.state].shape}</span> {t(`subscribers.delivery.${one.state}`)}
            </span>
          ) },
          { key: "tries", title: t("subscribers.tries"), cell: (one) => one.tries, isNumber: true },
          { key: "created", title: t("subscribers.created"), cell: (one) => <When at={one.created_at} /> },
          { key: "next", title: t("subscribers.next"), cell: (one) => (one.next_try_at ? <When at={one.next_try_at} /> : "–") },
          { key: "result", title: t("subscribers.result"), cell: (one) => (
            <span className="quiet small">
              {[one.last_status && `HTTP ${one.last_status}`, one.last_seconds != null && `${fixed(one.last_seconds, 2)} s`, one.last_error].filter(Boolean).join(" · ")}
            </span>
          ) },
        ]} />
      {deliveries.hasNextPage && <Button size="small" loading={deliveries.isFetchingNextPage} onClick={() => void deliveries.fetchNextPage()}>{t("form.more")}</Button>}
    </>
  );
}
