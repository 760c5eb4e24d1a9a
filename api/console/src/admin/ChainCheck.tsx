// Whether the log is unbroken, in words; a long log is checked in several calls.

import { SafetyCertificateOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Input, InputNumber, Popover, Space } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useProblemText } from "../app/states";

interface Head {
  number: number;
  sha256: string;
}

interface Found {
  intact: boolean;
  entries: number;
  brokenAt: number | null;
  problem: string;
}

export function ChainCheck() {
  const { t } = useTranslation("admin");
  const say = useProblemText();
  const [checked, setChecked] = useState(0);
  const [kept, setKept] = useState<Partial<Head>>({});
  const head = useQuery({ queryKey: ["audit-head"], queryFn: () => body(api.GET("/api/v1/audit/head")) });
  const check = useMutation({
    mutationFn: async (): Promise<Found> => {
      setChecked(0);
      let entries = 0;
      let after: Head | null = null;
      for (;;) {
        const from: Head | null = after;
        const answer: components["schemas"]["CheckView"] = await body(api.GET("/api/v1/audit/check", { params: { query: {
          ...(from ? { after_number: from.number, after_sha256: from.sha256 } : {}),
          ...(kept.number && kept.sha256 ? { kept_number: kept.number, kept_sha256: kept.sha256 } : {}),
        } } }));
        entries += answer.entries;
        setChecked(entries);
        if (!answer.intact || answer.next_number === null) {
          return { intact: answer.intact, entries, brokenAt: answer.broken_at, problem: answer.problem };
        }
        after = answer.head;
      }
    },
  });
  const found = check.data;
  return (
    <div className="chain-check">
      <Space.Compact>
        <Button icon={<SafetyCertificateOutlined />} loading={check.isPending} onClick={() => check.mutate()}>{t("audit.check")}</Button>
        <Popover trigger="click" title={t("audit.kept")} content={
          <Space orientation="vertical" style={{ width: 420 }}>
            <span className="quiet">{t("audit.headHelp")}</span>
            <InputNumber placeholder={t("audit.keptNumber")} aria-label={t("audit.keptNumber")} min={1} precision={0} style={{ width: "100%" }}
              onChange={(number) => setKept((old) => ({ ...old, ...(number ? { number: Number(number) } : { number: 0 }) }))} />
            <Input placeholder={t("audit.keptSha")} aria-label={t("audit.keptSha")} className="figures" maxLength={64}
              onChange={(event) => setKept((old) => ({ ...old, sha256: event.target.value.trim() }))} />
          </Space>
        }>
          <Button>{t("audit.kept")}</Button>
        </Popover>
      </Space.Compact>
      {head.data && (
        <span className="quiet small one-line" title={t("audit.headHelp")}>{t("audit.head", { number: head.data.number })} <code>{head.data.sha256}</code></span>
      )}
      {check.isPending && <Alert type="info" showIcon title={t("audit.checking", { count: checked })} />}
      {check.isError && <Alert type="error" showIcon role="alert" title={say(check.error)} />}
      {found && !check.isPending && (
        <Alert type={found.intact ? "success" : "error"} showIcon role="status" data-testid="chain-result"
          title={found.intact
            ? t("audit.intact", { count: found.entries })
            : found.brokenAt === null
              ? t("audit.registerBroken", { problem: found.problem })
              : t("audit.broken", { number: found.brokenAt, problem: found.problem })} />
      )}
    </div>
  );
}
