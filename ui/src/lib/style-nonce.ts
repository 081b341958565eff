declare global {
  // Where react-remove-scroll looks for it, which holds the page still behind a dialog.
  var __webpack_nonce__: string | undefined
}

/**
 * What allows the page to add style elements under the content security policy of its answer; nothing while Vite
 * serves it. It is in the property alone: browsers take it out of the attribute, so that no style sheet can read it.
 */
export function findStyleNonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce || undefined
}

/** Hands the nonce to libraries that add style elements and ask no provider for it. */
export function shareStyleNonce(): void {
  globalThis.__webpack_nonce__ = findStyleNonce()
}
