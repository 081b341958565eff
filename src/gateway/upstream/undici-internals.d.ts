declare module 'undici/lib/core/symbols.js' {
  /** Only what is used here: the package has no types for it. */
  const symbols: { readonly kParser: unique symbol }
  export default symbols
}
