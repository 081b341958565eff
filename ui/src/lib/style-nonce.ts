declare global {
  // The location for react-remove-scroll, which prevents scrolling behind a dialog.
  var __webpack_nonce__: string | undefined
}

/**
 * Returns the nonce of the page's content security policy for style elements; undefined while Vite serves the
 * page. It is only in the property: browsers clear the attribute, so that no style sheet can read it.
 */
export function findStyleNonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce || undefined
}

/** Passes the nonce to libraries that add style elements without a provider. */
export function shareStyleNonce(): void {
  globalThis.__webpack_nonce__ = findStyleNonce()
}
