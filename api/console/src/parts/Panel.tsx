// A framed part of a page: a title, what can be done with it, what it shows.

import type { ReactNode } from "react";
import "./sections.css";

interface PanelProps {
  title?: ReactNode;
  extra?: ReactNode;
  className?: string;
  data?: Record<string, string>; // as data- attributes
  children: ReactNode;
}

export function Panel({ title, extra, className = "", data = {}, children }: PanelProps) {
  const marks = Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));
  return (
    <section className={`panel ${className}`} {...marks}>
      {(title || extra) && <header className="panel-head"><h2>{title}</h2>{extra}</header>}
      <div className="panel-body">{children}</div>
    </section>
  );
}
