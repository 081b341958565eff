import type { DerReader } from '../der/der-reader.ts'
import { constructedTag, tags } from '../der/der-tags.ts'
import { nullValue, oid, sequence } from '../der/der-writer.ts'
import { oidName, oids } from '../der/oids.ts'

/** The algorithms with which Postern's own keys sign. */
export type SignatureAlgorithm =
  | 'ecdsa-with-SHA256'
  | 'ecdsa-with-SHA384'
  | 'sha256WithRSAEncryption'
  | 'ed25519'

const encoded: Record<SignatureAlgorithm, Uint8Array> = {
  'ecdsa-with-SHA256': sequence(oid(oids.ecdsaWithSHA256)),
  'ecdsa-with-SHA384': sequence(oid(oids.ecdsaWithSHA384)),
  // RFC 4055, section 5: the parameters are NULL for RSA and absent for the others (RFC 5758, section 3.2;
  // RFC 8410, section 3).
  sha256WithRSAEncryption: sequence(oid(oids.sha256WithRSAEncryption), nullValue),
  ed25519: sequence(oid(oids.ed25519)),
}

/** Returns the AlgorithmIdentifier of one of Postern's own algorithms. */
export function encodeSignatureAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  return encoded[algorithm]
}

/** The signature algorithm of a received CSR. */
export interface RequestSignatureAlgorithm {
  oid: string
  name: string
  /** The family of keys for such a signature; absent if Postern does not verify this algorithm. */
  keyAlgorithm?: 'EC' | 'RSA' | 'RSA-PSS' | 'Ed25519'
  /** In WebCrypto's names, if it has one: `SHA-256`, `SHA-1`, `MD5`. Absent if the algorithm implies it. */
  hash?: string
  /** Octets, for RSA-PSS. */
  saltLength?: number
}

type Details = Omit<RequestSignatureAlgorithm, 'oid' | 'name'>

const known: Record<string, Details> = {
  [oids.md2WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'MD2' },
  [oids.md5WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'MD5' },
  [oids.sha1WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'SHA-1' },
  [oids.sha224WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'SHA-224' },
  [oids.sha256WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'SHA-256' },
  [oids.sha384WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'SHA-384' },
  [oids.sha512WithRSAEncryption]: { keyAlgorithm: 'RSA', hash: 'SHA-512' },
  [oids.ecdsaWithSHA1]: { keyAlgorithm: 'EC', hash: 'SHA-1' },
  [oids.ecdsaWithSHA224]: { keyAlgorithm: 'EC', hash: 'SHA-224' },
  [oids.ecdsaWithSHA256]: { keyAlgorithm: 'EC', hash: 'SHA-256' },
  [oids.ecdsaWithSHA384]: { keyAlgorithm: 'EC', hash: 'SHA-384' },
  [oids.ecdsaWithSHA512]: { keyAlgorithm: 'EC', hash: 'SHA-512' },
  [oids.ed25519]: { keyAlgorithm: 'Ed25519' },
}

/** Reads an AlgorithmIdentifier. An unknown algorithm is read too and has no `keyAlgorithm`. */
export function parseSignatureAlgorithm(reader: DerReader): RequestSignatureAlgorithm {
  const algorithm = reader.readSequence()
  const dotted = algorithm.readOid()
  const name = oidName(dotted)
  if (dotted === oids.rsassaPss) return { oid: dotted, name, ...parsePssParameters(algorithm) }
  const details = known[dotted]
  if (!details) return { oid: dotted, name }
  readParameters(algorithm)
  return { oid: dotted, name, ...details }
}

/**
 * Reads the parameters. The NULL of RSA may be absent (RFC 4055, section 5). ECDSA and Ed25519 have no
 * parameters (RFC 5758, section 3.2; RFC 8410, section 3), which is a rule for writers: mbedTLS and TPM tools
 * write a NULL nevertheless, and OpenSSL and GnuTLS verify it.
 */
function readParameters(algorithm: DerReader): void {
  if (algorithm.isAtEnd()) return
  if (!algorithm.isNext(tags.null))
    throw algorithm.refusal('its signature algorithm has parameters other than NULL')
  algorithm.readNull()
  if (!algorithm.isAtEnd()) throw algorithm.refusal('its signature algorithm has more than one parameter')
}

const hashNames: Record<string, string> = {
  [oids.sha1]: 'SHA-1',
  [oids.sha224]: 'SHA-224',
  [oids.sha256]: 'SHA-256',
  [oids.sha384]: 'SHA-384',
  [oids.sha512]: 'SHA-512',
}

/** Reads RSASSA-PSS-params (RFC 4055, section 3.1), whose defaults are SHA-1 and 20 octets of salt. */
function parsePssParameters(algorithm: DerReader): Details {
  const parameters = algorithm.readSequence()
  algorithm.assertEnd()
  const hash = readExplicit(parameters, 0, readHash) ?? 'SHA-1'
  const maskHash = readExplicit(parameters, 1, readMaskHash) ?? 'SHA-1'
  const saltLength = readExplicit(parameters, 2, (inner) => inner.readSmallInteger()) ?? 20
  const trailer = readExplicit(parameters, 3, (inner) => inner.readSmallInteger()) ?? 1
  parameters.assertEnd()
  if (maskHash !== hash || trailer !== 1)
    throw parameters.refusal('its RSA-PSS parameters do not go together')
  return { keyAlgorithm: 'RSA-PSS', hash, saltLength }
}

function readExplicit<T>(reader: DerReader, number: number, read: (inner: DerReader) => T): T | undefined {
  if (!reader.isNext(constructedTag(number))) return undefined
  const inner = reader.readConstructed(constructedTag(number))
  const value = read(inner)
  inner.assertEnd()
  return value
}

function readHash(reader: DerReader): string {
  const algorithm = reader.readSequence()
  const dotted = algorithm.readOid()
  if (!algorithm.isAtEnd()) algorithm.readNull()
  algorithm.assertEnd()
  return hashNames[dotted] ?? oidName(dotted)
}

function readMaskHash(reader: DerReader): string {
  const algorithm = reader.readSequence()
  if (algorithm.readOid() !== oids.mgf1) throw algorithm.refusal('its RSA-PSS parameters are not known')
  const hash = readHash(algorithm)
  algorithm.assertEnd()
  return hash
}
