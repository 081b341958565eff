import { createKeyIndex, readPrefix } from './key-index.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'

const hashOctets = 32
const rowsPerBlock = 16_384
/** An id and a name have some fifty octets; more are made room for. */
const textOctetsPerRow = 56

/** So many rows in columns: a million objects would take three times as much memory, and as many for the collector to visit. */
interface Block {
  fingerprints: Uint8Array
  publicKeys: Uint8Array
  /** `notBefore` and `notAfter` of each. */
  times: Float64Array
  organizations: Uint32Array
  environments: Uint16Array
  issuers: Uint32Array
  revoked: Uint8Array
  /** Where the id and the name of each begin and end in `text`. */
  texts: Uint32Array
  text: Buffer
  textLength: number
}

/** Certificates, found by fingerprint and by public key. What it gives is made for the caller: changing it changes nothing here. */
export function createCertificateTable() {
  const blocks: Block[] = []
  const organizations = createNames()
  const environments = createNames()
  const issuers = createNames()
  const wanted = new Uint8Array(hashOctets)
  let count = 0

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
      revoked: block.revoked[at] === 1,
      fingerprint: toHex(block.fingerprints, at),
      publicKey: toHex(block.publicKeys, at),
      notBefore: block.times[at * 2] as number,
      notAfter: block.times[at * 2 + 1] as number,
    }
  }

  return {
    /** By the SHA-256 of the DER, hex. */
    findByFingerprint(fingerprint: string): RegisteredCertificate | undefined {
      const row = fill(wanted, fingerprint) ? byFingerprint.find(wanted) : undefined
      return row === undefined ? undefined : read(row)
    },
    /** By the SHA-256 of the SubjectPublicKeyInfo, hex; the newest where several have the key. */
    findByPublicKey(publicKey: string): RegisteredCertificate | undefined {
      const row = fill(wanted, publicKey) ? byPublicKey.find(wanted) : undefined
      return row === undefined ? undefined : read(row)
    },
    /**
     * Adds a certificate, or puts it in the place of what is known of it. One without the hash of its key is not found
     * by it. Throws where its fingerprint is no hash.
     */
    set(certificate: RegisteredCertificate): void {
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
      block.revoked[at] = certificate.revoked ? 1 : 0
      block.times[at * 2] = certificate.notBefore
      block.times[at * 2 + 1] = certificate.notAfter
      if (known === undefined) keepText(block, at, `${id} ${name}`)
      if (!fill(wanted, publicKey)) return
      block.publicKeys.set(wanted, at * hashOctets)
      byPublicKey.set(wanted, row)
    },
  }
}

const createBlock = (): Block => ({
  fingerprints: new Uint8Array(rowsPerBlock * hashOctets),
  publicKeys: new Uint8Array(rowsPerBlock * hashOctets),
  times: new Float64Array(rowsPerBlock * 2),
  organizations: new Uint32Array(rowsPerBlock),
  environments: new Uint16Array(rowsPerBlock),
  issuers: new Uint32Array(rowsPerBlock),
  revoked: new Uint8Array(rowsPerBlock),
  texts: new Uint32Array(rowsPerBlock * 2),
  text: Buffer.alloc(rowsPerBlock * textOctetsPerRow),
  textLength: 0,
})

/** Ids and names are of letters, digits, `_` and `-`: one octet each. */
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

/** Few texts that stand in many rows, by numbers. */
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

/** Whether `hex` is a hash, which then stands in `into`. */
function fill(into: Uint8Array, hex: string): boolean {
  if (hex.length !== hashOctets * 2) return false
  for (let i = 0; i < hashOctets; i += 1) {
    const octet = digitAt(hex, i * 2) * 16 + digitAt(hex, i * 2 + 1)
    if (!(octet >= 0)) return false
    into[i] = octet
  }
  return true
}

/** Lower-case digits, as all hashes here are written. */
function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at)
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : Number.NaN
}
