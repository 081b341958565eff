/** In the memory of the page alone, between the sign-in page and the page for the new password. */
let kept = ''

/** Keeps the one-time password of this sign-in, so that it is typed once. */
export function keepOneTimePassword(password: string): void {
  kept = password
}

/** Returns the one-time password of this sign-in; empty if the page was reloaded since. */
export const readOneTimePassword = (): string => kept
