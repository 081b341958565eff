const storageKey = 'postern.invitation'

/** Keeps the token of a link in this tab, so that it leaves the address bar and is there after a sign-in. */
export const keepInvitationToken = (token: string): void => sessionStorage.setItem(storageKey, token)

/** Returns the token that this tab keeps. */
export const readInvitationToken = (): string | undefined => sessionStorage.getItem(storageKey) ?? undefined

/** Removes the token when it is spent. */
export const dropInvitationToken = (): void => sessionStorage.removeItem(storageKey)

/** Returns the token in the fragment of a link. */
export const findInvitationToken = (hash: string): string | undefined => /^#?token=([\w-]+)$/.exec(hash)?.[1]
