// A word that opens a deletion's certificate, where somebody may read it.

import { lazy, Suspense, useState } from "react";
import { useSession } from "../app/session";
import { certificateReaders } from "./rights";

const CertificateDialog = lazy(() => import("./CertificateDialog"));

export function CertificateLink({ deletionId, children }: { deletionId: string; children: string }) {
  const { has } = useSession();
  const [isOpen, setIsOpen] = useState(false);
  if (!has(...certificateReaders)) return <>{children}</>;
  return (
    <>
      <button type="button" className="link" data-deletion={deletionId} onClick={() => setIsOpen(true)}>{children}</button>
      {isOpen && <Suspense fallback={null}><CertificateDialog deletionId={deletionId} onClose={() => setIsOpen(false)} /></Suspense>}
    </>
  );
}
