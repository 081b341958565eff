/** Letters and digits that no shell and no reader mistakes for another: 32, so each octet gives one without a bias. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
const groups = 7
const groupLength = 4

/** Returns a random passphrase of 140 bits, in groups for reading; safe in every shell without quotes. */
export function createPassphrase(): string {
  const octets = crypto.getRandomValues(new Uint8Array(groups * groupLength))
  const letters = Array.from(octets, (octet) => alphabet[octet % alphabet.length]).join('')
  return (letters.match(/.{4}/g) ?? []).join('-')
}
