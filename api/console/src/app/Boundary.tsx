// What stands in a page's place when it cannot be shown: a fault of ours, or a console that was
// replaced by a newer one while this tab was open.

import { Button } from "antd";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "./states";

// How browsers say that a part of the pages is not there any more.
const GONE = /dynamically imported module|importing a module script|module script failed|unable to preload/i;

export type Fault = "stale-build" | "fault";

export function faultOf(error: unknown): Fault {
  return error instanceof Error && GONE.test(error.message) ? "stale-build" : "fault";
}

function Fallen({ fault }: { fault: Fault }) {
  const { t } = useTranslation();
  return (
    <div className="centred" data-fault={fault} role="alert">
      <Notice shape="▲" title={t(`fault.${fault}.title`)}
        extra={<Button type="primary" onClick={() => window.location.reload()}>{t("fault.reload")}</Button>}>
        {t(`fault.${fault}.said`)}
      </Notice>
    </div>
  );
}

interface BoundaryProps {
  children: ReactNode;
}

/** Keeps the rest of the console standing; give it a `key`, so that another page begins anew. */
export class Boundary extends Component<BoundaryProps, { fault: Fault | null }> {
  override state: { fault: Fault | null } = { fault: null };

  static getDerivedStateFromError(error: unknown) {
    return { fault: faultOf(error) };
  }

  override render() {
    return this.state.fault === null ? this.props.children : <Fallen fault={this.state.fault} />;
  }
}
