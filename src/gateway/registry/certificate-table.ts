import { type RevocationReason, revocationReasonDetails } from '../../pki/status/revocation-reason.ts'
import { createKeyIndex, readPrefix } from './key-index.ts'
import type { KnownRevocation, RegisteredCertificate, StoredCertificate } from './registered-certificate.ts'

const hashOctets = 32
const rowsPerBlock = 16_384
/** An ID and a name have about fifty octets; longer ones get additional space. */
const textOctetsPerRow = 56

/**
 * A block of rows in columns: a million objects would take three times as much memory, and slow down garbage
 * collection.
 */
interface Block {
  fingerprints: Uint8Array
  publicKeys: Uint8Array
  /** `notBefore` and `notAfter` of each row. */
  times: Float64Array
  organizations: Uint32Array
  environments: Uint16Array
  issuers: Uint32Array
  /** Whether each row is valid, revoked, or missing in the store. */
  states: Uint8Array
  /** 1 for each row that is for TLS servers alone. */
  serversOnly: Uint8Array
  /** 1 if each row is replaced. */
  replaced: Uint8Array
  /** Reason and time of the revocation. */
  reasons: Uint8Array
  revokedAt: Float64Array
  /** Where the ID and the name of each row begin and end in `text`. */
  texts: Uint32Array
  text: Buffer
  textLength: number
}

const valid = 0
const revoked = 1
const missing = 2

const reasons = Object.keys(revocationReasonDetails) as RevocationReason[]

/** The result of adding a certificate to the table. */
export type SetOutcome = 'set' | 'now-revoked' | 'stays-revoked'

/**
 * Creates a table of certificates by fingerprint and by public key. Returned objects are copies: changing
 * them does not change the table.
 */
export function createCertificateTable() {
  const blocks: Block[] = []
  const organizations = createNames()
  const environments = createNames()
  const issuers = createNames()
  const wanted = Buffer.alloc(hashOctets)
  let count = 0
  /** The rows that the store still has, during a complete reload. */
  let seen: Uint8Array | undefined

  const place = (row: number): [Block, number] => [
    blocks[Math.floor(row / rowsPerBlock)] as Block,
    row % rowsPerBlock,
  ]
  const indexOf = (column: 'fingerprints' | 'publicKeys') =>
    createKeyIndex({
      matches(row, key) {
        const [block, at] = place(row)
        return isAt(block[column], at * hashOctets, key)
      },
      prefixOf(row) {
        const [block, at] = place(row)
        return readPrefix(block[column], at * hashOctets)
      },
    })
  const byFingerprint = indexOf('fingerprints')
  const byPublicKey = indexOf('publicKeys')

  const read = (row: number): RegisteredCertificate => {
    const [block, at] = place(row)
    const start = block.texts[at * 2] as number
    const [id, name] = splitOnce(block.text.toString('latin1', start, block.texts[at * 2 + 1]))
    return {
      id,
      name,
      organizationId: organizations.at(block.organizations[at] as number),
      environment: environments.at(block.environments[at] as number),
      issuerId: issuers.at(block.issuers[at] as number),
      revoked: block.states[at] === revoked,
      isServerOnly: block.serversOnly[at] === 1,
      replaced: block.replaced[at] === 1,
      fingerprint: toHex(block.fingerprints, at),
      publicKey: toHex(block.publicKeys, at),
      notBefore: block.times[at * 2] as number,
      notAfter: block.times[at * 2 + 1] as number,
    }
  }

  const stateOf = (row: number): number => {
    const [block, at] = place(row)
    return block.states[at] as number
  }
  const readPresent = (row: number | undefined): RegisteredCertificate | undefined =>
    row === undefined || stateOf(row) === missing ? undefined : read(row)

  return {
    /** Finds a certificate by the SHA-256 of the DER, hex. */
    findByFingerprint: (fingerprint: string): RegisteredCertificate | undefined =>
      readPresent(fill(wanted, fingerprint) ? byFingerprint.find(wanted) : undefined),
    /**
     * Finds a certificate by the SHA-256 of the SubjectPublicKeyInfo, hex; the latest if several have the
     * key.
     */
    findByPublicKey: (publicKey: string): RegisteredCertificate | undefined =>
      readPresent(fill(wanted, publicKey) ? byPublicKey.find(wanted) : undefined),
    /** Returns reason and time of a revocation; undefined if the certificate is not revoked. */
    findRevocation(fingerprint: string): KnownRevocation | undefined {
      const row = fill(wanted, fingerprint) ? byFingerprint.find(wanted) : undefined
      if (row === undefined || stateOf(row) !== revoked) return undefined
      const [block, at] = place(row)
      return {
        reason: reasons[block.reasons[at] as number] ?? 'unspecified',
        at: block.revokedAt[at] as number,
      }
    },
    /**
     * Adds or replaces a certificate. One without the hash of its key cannot be found by it. A revoked
     * certificate remains revoked, whatever the store says later. Throws if its fingerprint is not a hash.
     */
    set(certificate: StoredCertificate): SetOutcome {
      const { id, name, fingerprint, publicKey } = certificate
      if (!fill(wanted, fingerprint)) throw new Error('a fingerprint has 64 hexadecimal digits')
      const known = byFingerprint.find(wanted)
      const row = known ?? count
      if (row === blocks.length * rowsPerBlock) blocks.push(createBlock())
      const [block, at] = place(row)
      block.fingerprints.set(wanted, at * hashOctets)
      if (known === undefined) {
        byFingerprint.set(wanted, row)
        count += 1
      }
      block.organizations[at] = organizations.numberOf(certificate.organizationId)
      block.environments[at] = environments.numberOf(certificate.environment)
      block.issuers[at] = issuers.numberOf(certificate.issuerId)
      block.serversOnly[at] = certificate.isServerOnly ? 1 : 0
      const wasRevoked = known !== undefined && block.states[at] === revoked
      const isNowRevoked = !wasRevoked && certificate.revoked
      if (!wasRevoked) block.states[at] = certificate.revoked ? revoked : valid
      block.replaced[at] = Number(certificate.replaced)
      if (isNowRevoked) {
        block.reasons[at] = Math.max(0, reasons.indexOf(certificate.revocation?.reason ?? 'unspecified'))
        block.revokedAt[at] = certificate.revocation?.at ?? 0
      }
      if (seen !== undefined && row < seen.length) seen[row] = 1
      block.times[at * 2] = certificate.notBefore
      block.times[at * 2 + 1] = certificate.notAfter
      if (known === undefined) keepText(block, at, `${id} ${name}`)
      if (fill(wanted, publicKey)) {
        block.publicKeys.set(wanted, at * hashOctets)
        byPublicKey.set(wanted, row)
      }
      if (wasRevoked && !certificate.revoked) return 'stays-revoked'
      return isNowRevoked && known !== undefined ? 'now-revoked' : 'set'
    },
    /** Begins to track which certificates are added again. */
    beginReload(): void {
      seen = new Uint8Array(count)
    },
    /**
     * Returns the certificates that were not added again since {@link beginReload}. They are no longer found,
     * unless they are revoked.
     */
    endReload(): RegisteredCertificate[] {
      const gone: RegisteredCertificate[] = []
      for (const [row, isSeen] of (seen ?? new Uint8Array()).entries()) {
        if (isSeen === 1 || stateOf(row) === missing) continue
        gone.push(read(row))
        const [block, at] = place(row)
        if (block.states[at] === valid) block.states[at] = missing
      }
      seen = undefined
      return gone
    },
  }
}

export type CertificateTable = ReturnType<typeof createCertificateTable>

const createBlock = (): Block => ({
  fingerprints: new Uint8Array(rowsPerBlock * hashOctets),
  publicKeys: new Uint8Array(rowsPerBlock * hashOctets),
  times: new Float64Array(rowsPerBlock * 2),
  organizations: new Uint32Array(rowsPerBlock),
  environments: new Uint16Array(rowsPerBlock),
  issuers: new Uint32Array(rowsPerBlock),
  states: new Uint8Array(rowsPerBlock),
  serversOnly: new Uint8Array(rowsPerBlock),
  replaced: new Uint8Array(rowsPerBlock),
  reasons: new Uint8Array(rowsPerBlock),
  revokedAt: new Float64Array(rowsPerBlock),
  texts: new Uint32Array(rowsPerBlock * 2),
  text: Buffer.alloc(rowsPerBlock * textOctetsPerRow),
  textLength: 0,
})

/** Stores an ID or a name, which consists of letters, digits, `_` and `-`: one octet each. */
function keepText(block: Block, at: number, text: string): void {
  const start = block.textLength
  const end = start + text.length
  if (end > block.text.length) {
    const larger = Buffer.alloc(Math.max(end, block.text.length * 2))
    larger.set(block.text)
    block.text = larger
  }
  block.text.write(text, start, 'latin1')
  block.texts[at * 2] = start
  block.texts[at * 2 + 1] = end
  block.textLength = end
}

/** Maps strings that occur in many rows to numbers. */
function createNames() {
  const names: string[] = []
  const numbers = new Map<string, number>()
  return {
    at: (number: number): string => names[number] as string,
    numberOf(name: string): number {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, names.length)
      return names.push(name) - 1
    },
  }
}

function splitOnce(text: string): [string, string] {
  const space = text.indexOf(' ')
  return [text.slice(0, space), text.slice(space + 1)]
}

function isAt(bytes: Uint8Array, start: number, key: Uint8Array): boolean {
  for (let i = 0; i < hashOctets; i += 1) if (bytes[start + i] !== key[i]) return false
  return true
}

const toHex = (bytes: Uint8Array, at: number): string =>
  Buffer.from(bytes.buffer, at * hashOctets, hashOctets).toString('hex')

/** All hashes here are written in lower case. */
const hashPattern = /^[0-9a-f]{64}$/

/** Returns whether `hex` is a hash, and writes it to `into`. */
const fill = (into: Buffer, hex: string): boolean =>
  hashPattern.test(hex) && into.write(hex, 'hex') === hashOctets
