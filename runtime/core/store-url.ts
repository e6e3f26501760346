/** What `store.url` may be, and how a store is called in messages: by its url, never with its password. */

export type StoreUrl =
  | { readonly kind: 'postgres'; readonly url: string; readonly name: string }
  /** `folder` as written; null: in memory. */
  | { readonly kind: 'pglite'; readonly folder: string | null; readonly name: string }
  | { readonly kind: 'fault'; readonly fault: string };

export const storeUrlForms = 'postgres://user@host:5432/database, pglite:<folder> or pglite:memory';

/** Parameters of a PostgreSQL url that are secrets. */
const secretParameters = ['password', 'sslpassword'] as const;

/** Never throws; a fault does not repeat the text, which may hold a password. */
export function parseStoreUrl(text: string): StoreUrl {
  if (text.startsWith('pglite:')) {
    const folder = text.slice('pglite:'.length);
    if (folder === '') return { kind: 'fault', fault: 'no folder after pglite:' };
    if (folder.includes('\0')) return { kind: 'fault', fault: 'a path cannot contain the character NUL' };
    return { kind: 'pglite', folder: folder === 'memory' ? null : folder, name: text };
  }
  if (!/^postgres(ql)?:\/\//.test(text)) return { kind: 'fault', fault: 'not the url of a store' };
  const url = URL.parse(text);
  if (url === null) return { kind: 'fault', fault: 'not a valid url: are special characters of the password escaped?' };
  url.password = '';
  for (const parameter of secretParameters) url.searchParams.delete(parameter);
  return { kind: 'postgres', url: text, name: url.href };
}
