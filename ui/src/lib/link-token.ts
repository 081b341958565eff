/** A page that the link of an email or of a command leads to, with its token in the fragment. */
export type LinkPage =
  | '/invitation'
  | '/set-password'
  | '/confirm-email'
  | '/confirm-contact'
  | '/unsubscribe'

const keyOf = (page: LinkPage) => `postern.link:${page}`

/** Returns the token in the fragment of a link. */
export const findLinkToken = (hash: string): string | undefined => /^#?token=([\w-]+)$/.exec(hash)?.[1]

/** Keeps the token of a link in this tab, so that it leaves the address bar and survives a reload or a sign-in. */
export const keepLinkToken = (page: LinkPage, token: string): void =>
  sessionStorage.setItem(keyOf(page), token)

/** Returns the token that this tab keeps. */
export const readLinkToken = (page: LinkPage): string | undefined =>
  sessionStorage.getItem(keyOf(page)) ?? undefined

/** Removes the token when it is spent. */
export const dropLinkToken = (page: LinkPage): void => sessionStorage.removeItem(keyOf(page))
