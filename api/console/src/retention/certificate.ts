// What a deletion's certificate says, read with care: a newer centre may say more, or otherwise.

export interface DeletedFile {
  sha256: string;
  sizeBytes: number;
  names: readonly string[];
}

export interface KeptFile {
  sha256: string;
  reason: string;
}

export interface CertificateFacts {
  periodDays: number | null;
  periodBeganAt: string | null;
  candidate: number | null; // its number
  case: number | null;
  files: readonly DeletedFile[];
  kept: readonly KeptFile[];
}

type Members = { readonly [name: string]: unknown };

const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
const listOf = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.map(membersOf) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

export function factsOf(certificate: Members): CertificateFacts {
  return {
    periodDays: numberOf(certificate["period_days"]),
    periodBeganAt: textOf(certificate["period_began_at"]) || null,
    candidate: numberOf(membersOf(certificate["candidate"])["number"]),
    case: numberOf(membersOf(certificate["case"])["number"]),
    files: listOf(certificate["files"]).map((file) => ({
      sha256: textOf(file["sha256"]),
      sizeBytes: numberOf(file["size_bytes"]) ?? 0,
      names: listOf(file["items"]).map((item) => textOf(item["name"])),
    })),
    kept: listOf(certificate["kept"]).map((file) => ({ sha256: textOf(file["sha256"]), reason: textOf(file["reason"]) })),
  };
}
