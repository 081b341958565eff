/** Why a private key cannot be used. */
export type KeyFileReason =
  | 'unreadable'
  | 'unsupported'
  | 'passphrase_needed'
  | 'passphrase_wrong'
  | 'mismatch'

/**
 * The error for a private key that a user has chosen in the page. The key never leaves the page, and neither does this
 * error, so it has no code of the API. The sentence never repeats the key.
 */
export class KeyFileProblem extends Error {
  override name = 'KeyFileProblem'
  readonly reason: KeyFileReason

  constructor(reason: KeyFileReason, message: string) {
    super(message)
    this.reason = reason
  }
}
