import { Secret, TOTP } from 'otpauth'

const period = 30
/** RFC 6238, section 5.2: one step for clocks that differ and codes that are typed slowly. */
const window = 1
/** RFC 4226, section 4, requirement 6: 160 bits. */
export const secretOctets = 20

const totpOf = (secret: Uint8Array, label = '') =>
  new TOTP({
    issuer: 'Postern',
    label,
    algorithm: 'SHA1',
    digits: 6,
    period,
    secret: new Secret({ buffer: new Uint8Array(secret).buffer }),
  })

/**
 * Returns the step (RFC 6238, section 4.2) of a code at `now` (milliseconds): the present one, or that before or
 * after. Undefined for a wrong code.
 */
export function findStep(secret: Uint8Array, code: string, now: number): number | undefined {
  const delta = totpOf(secret).validate({ token: code, timestamp: now, window })
  return delta === null ? undefined : Math.floor(now / 1000 / period) + delta
}

/** Returns the secret as a person and as an app read it. The apps know SHA-1, 6 digits and 30 seconds alone. */
export function describeSecret(secret: Uint8Array, email: string): { secret: string; uri: string } {
  const totp = totpOf(secret, email)
  return { secret: totp.secret.base32, uri: totp.toString() }
}
