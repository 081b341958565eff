declare module 'undici/lib/core/symbols.js' {
  /** As far as it is used here: the package types none of it. */
  const symbols: { readonly kParser: unique symbol }
  export default symbols
}
