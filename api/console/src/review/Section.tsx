// A titled part of the right column.

import type { ReactNode } from "react";

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="why-section">
      <h3>
        {title}
        {aside && <span className="why-aside">{aside}</span>}
      </h3>
      {children}
    </section>
  );
}
