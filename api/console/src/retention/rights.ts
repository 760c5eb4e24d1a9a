// Who may do what with kept evidence; the API decides, this hides what it would refuse.

import type { Role } from "../app/session";

export const reviewers: readonly Role[] = ["operator", "second_reviewer", "legal_reviewer"];
export const certificateReaders: readonly Role[] = [...reviewers, "supervisor", "auditor"];
// Who oversees what was deleted; others come to a certificate from its record.
export const certificateLists: readonly Role[] = ["legal_reviewer", "supervisor", "auditor"];
// What is released may be deleted for good: that takes somebody who answers for the law.
export const releasers: readonly Role[] = ["legal_reviewer"];
