import { createHash, verify as isSignedBy, X509Certificate } from 'node:crypto'
import { unzipSync } from 'fflate'
import { z } from 'zod'
import { parseCertificate } from '../pki/certificate.ts'
import { parseCertificateRequest } from '../pki/certificate-request.ts'
import { parseRevocationList } from '../pki/parse-revocation-list.ts'
import { findPemBlocks } from '../pki/pem.ts'
import { isSameBytes } from '../pki/same-bytes.ts'
import { isSignatureValid } from '../pki/verify-signature.ts'
import { AuditProof, checkProof, type ProvenRow } from './audit-proof.ts'
import { hashesOf } from './build-pack.ts'
import { compareChecks, compareDecision } from './compare-with-log.ts'

/** One thing that was asked of a pack; `problem` says why the answer is no. */
export interface Finding {
  question: string
  problem: string | undefined
}

/** A pack that has been opened. */
interface Pack {
  files: Record<string, Uint8Array>
  text(name: string): string
  /** The DER of the PEM blocks of a file. */
  blocks(name: string): Uint8Array[]
}

const Manifest = z.object({ sha256: z.record(z.string(), z.string()) })

/**
 * Asks of an evidence pack whether its parts are whole and fit together. `expectedKey` is the audit key
 * (SPKI, DER) that the reader got otherwise; without it the pack only agrees with itself.
 */
export async function verifyEvidencePack(zip: Uint8Array, expectedKey?: Uint8Array): Promise<Finding[]> {
  const pack = openPack(zip)
  let rows: ProvenRow[] = []
  const questions: [string, () => Promise<string | undefined> | string | undefined][] = [
    ['Every file is the one of the manifest', () => checkManifest(pack)],
    ['The request is signed by its own key', () => checkRequest(pack)],
    ['The certificate was issued by the chain, for the key of the request', () => checkCertificate(pack)],
    [
      'The audit rows stood in a log that the key signed',
      () => {
        const key = pack.blocks('audit-key.pem')[0] ?? new Uint8Array()
        if (expectedKey !== undefined && !isSameBytes(key, expectedKey))
          return 'it is another key than the one given'
        const proven = checkProof(AuditProof.parse(JSON.parse(pack.text('audit.json'))), key)
        if (typeof proven === 'string') return proven
        rows = proven
        return undefined
      },
    ],
    ['The audit rows tell of this request and this certificate', () => checkRows(pack, rows)],
    [
      'The checks of the request are those of the log, and it passes them today',
      () => compareChecks(pack, rows),
    ],
    ['The decision is the one of the log', () => compareDecision(pack, rows)],
    ['A revocation that was recorded stands in the revocation list', () => checkRevocation(pack, rows)],
  ]
  const findings: Finding[] = []
  for (const [question, ask] of questions) {
    const problem = await Promise.resolve()
      .then(ask)
      .catch((error: Error) => `it cannot be read (${error.message})`)
    findings.push({ question, problem })
  }
  return findings
}

/** A pack may come from a stranger: more is not unpacked. */
const mostOctets = 256 * 1024 * 1024

function openPack(zip: Uint8Array): Pack {
  let octets = 0
  const files = unzipSync(zip, {
    filter: ({ originalSize }) => {
      octets += originalSize
      if (octets > mostOctets) throw new Error('it is larger than any pack')
      return true
    },
  })
  const text = (name: string) => {
    const bytes = files[name]
    if (bytes === undefined) throw new Error(`${name} is missing`)
    return new TextDecoder().decode(bytes)
  }
  return { files, text, blocks: (name) => findPemBlocks(text(name)).map(({ der }) => der) }
}

function checkManifest({ files, text }: Pack): string | undefined {
  const { sha256 } = Manifest.parse(JSON.parse(text('manifest.json')))
  const { 'manifest.json': _, ...present } = hashesOf(files)
  const names = new Set([...Object.keys(sha256), ...Object.keys(present)])
  const wrong = [...names].filter((name) => sha256[name] !== present[name])
  return wrong.length === 0 ? undefined : `${wrong.join(', ')} differs, is missing or was added`
}

async function checkRequest(pack: Pack): Promise<string | undefined> {
  const isValid = await isSignatureValid(parseCertificateRequest(pack.text('request.csr')))
  return isValid ? undefined : 'its signature does not verify'
}

function checkCertificate(pack: Pack): string | undefined {
  const certificate = readCertificate(pack)
  const chain = pack.blocks('chain.pem').map((der) => new X509Certificate(der))
  let child = new X509Certificate(certificate.der)
  for (const authority of chain) {
    if (!child.verify(authority.publicKey)) return `${child.subject} was not signed by ${authority.subject}`
    child = authority
  }
  if (!child.verify(child.publicKey)) return 'the chain does not end in a root'
  const { publicKey } = parseCertificateRequest(pack.text('request.csr'))
  return isSameBytes(publicKey.spki, certificate.spki) ? undefined : 'its key is not the one of the request'
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const readCertificate = (pack: Pack) =>
  parseCertificate(pack.blocks('certificate.pem')[0] ?? new Uint8Array())

function checkRows(pack: Pack, rows: ProvenRow[]): string | undefined {
  const certificate = readCertificate(pack)
  const { publicKey } = parseCertificateRequest(pack.text('request.csr'))
  const expected: [action: string, field: string, value: string][] = [
    ['certificate.submitted', 'publicKeySha256', sha256(publicKey.spki)],
    ['certificate.issued', 'fingerprintSha256', sha256(certificate.der)],
    ['certificate.issued', 'serialNumber', certificate.serialNumber],
  ]
  const missing = expected.find(
    ([action, field, value]) => !rows.some((row) => row.action === action && detailsOf(row)[field] === value),
  )
  return missing && `no row ${missing[0]} names its ${missing[1]}`
}

const detailsOf = ({ after }: ProvenRow): Record<string, unknown> => (after === null ? {} : JSON.parse(after))

function checkRevocation(pack: Pack, rows: ProvenRow[]): string | undefined {
  const wasRevoked = rows.some(({ action }) => action === 'certificate.revoked')
  const der = pack.files['revocation-list.crl']
  if (!wasRevoked) return undefined
  if (der === undefined) return 'the revocation list is missing'
  const list = parseRevocationList(der)
  const { serialNumber, issuerDer } = readCertificate(pack)
  const issuer = new X509Certificate(pack.blocks('chain.pem')[0] ?? new Uint8Array())
  if (!isSameBytes(list.issuerDer, issuerDer)) return 'the list is of another issuer'
  const hash = issuer.publicKey.asymmetricKeyType === 'ed25519' ? null : hashOf(issuer)
  if (!isSignedBy(hash, list.tbs, issuer.publicKey, list.signature))
    return 'the list was not signed by the issuer'
  return list.revoked.has(serialNumber) ? undefined : 'the list does not name the certificate'
}

/** What an issuer signs with: SHA-384 with P-384, else SHA-256. */
const hashOf = ({ publicKey }: X509Certificate) =>
  publicKey.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256'
