// All pages of a list that is small by nature, up to a bound.

interface Page<T> {
  items: T[];
  next?: string | null;
}

export interface Listed<T> {
  items: T[];
  isTruncated: boolean; // the bound was reached and more is there
}

const PAGE = 200; // the API's largest page
const MAX_PAGES = 25; // 5,000 things; more is no list that anybody reads as a whole

export async function everyPage<T>(
  load: (query: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<Listed<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items: some, next } = await load({ limit: PAGE, ...(cursor ? { cursor } : {}) });
    items.push(...some);
    if (!next) return { items, isTruncated: false };
    cursor = next;
  }
  return { items, isTruncated: true };
}
