import { createSecureContext } from 'node:tls'
import type { KeyKind } from '../../pki/key/public-key.ts'

/** The TLS parameters for a kind of key, so that a client with such a key can complete the handshake. */
interface KeyParameters {
  /** With TLS 1.2 a client's curve must be among the groups of the server (RFC 8422, section 5.1.1). */
  group?: { name: string; number: number }
  /** In OpenSSL's notation: for the proof of possession and for the signatures in certificates. */
  signatures: readonly string[]
}

const ecdsa = ['ECDSA+SHA256', 'ECDSA+SHA384', 'ECDSA+SHA512']
/** TLS 1.3 signs with PSS; PKCS#1 v1.5 is for TLS 1.2 and for certificates (RFC 8446, section 4.2.3). */
const rsa = ['SHA256', 'SHA384', 'SHA512'].flatMap((hash) => [`RSA-PSS+${hash}`, `RSA+${hash}`])

/**
 * Each kind of key that a policy can allow: certificates of former policies remain valid, so all kinds are
 * always accepted.
 */
const parametersOf: Record<KeyKind, KeyParameters> = {
  'ec-p256': { group: { name: 'P-256', number: 0x17 }, signatures: ecdsa },
  'ec-p384': { group: { name: 'P-384', number: 0x18 }, signatures: ecdsa },
  'ec-p521': { group: { name: 'P-521', number: 0x19 }, signatures: ecdsa },
  'rsa-2048': { signatures: rsa },
  'rsa-3072': { signatures: rsa },
  'rsa-4096': { signatures: rsa },
  ed25519: { signatures: ['ed25519'] },
}

const hybrid = { name: 'X25519MLKEM768', number: 0x11ec }
const ofKeys = Object.values(parametersOf).flatMap(({ group }) => group ?? [])
const all = [hybrid, { name: 'X25519', number: 0x1d }, ...ofKeys]

/** The groups for the key exchange by their TLS numbers, the preferred first. */
export const acceptedGroups: ReadonlyMap<number, string> = new Map(
  all.filter((group) => group !== hybrid || isKnown(hybrid.name)).map(({ name, number }) => [number, name]),
)

/** {@link acceptedGroups} in OpenSSL's notation. */
export const groupList: string = [...acceptedGroups.values()].join(':')

/** For the gateway's own certificate, whose key may be RSA-PSS only (RFC 8446, section 4.2.3). */
const ofServers = ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']

/** The offered signature algorithms in OpenSSL's notation: without DSA and hashes below SHA-256. */
export const signatureList: string = [
  ...new Set([...Object.values(parametersOf).flatMap(({ signatures }) => signatures), ...ofServers]),
].join(':')

function isKnown(ecdhCurve: string): boolean {
  try {
    createSecureContext({ ecdhCurve })
    return true
  } catch {
    return false
  }
}
