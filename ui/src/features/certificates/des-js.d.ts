/** The part of des.js that the page uses; the package has no types. */
declare module 'des.js' {
  interface Cipher {
    update(content: Uint8Array): number[]
    final(): number[]
  }
  const des: {
    EDE: unknown
    CBC: {
      instantiate(base: unknown): {
        create(options: { type: 'encrypt'; key: Uint8Array; iv: Uint8Array }): Cipher
      }
    }
  }
  export default des
}
