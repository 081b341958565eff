/** Returns the token of a one-time link from the fragment of its address, without the `#`; empty if there is none. */
export const readLinkToken = (fragment: string): string => new URLSearchParams(fragment).get('token') ?? ''
