import { createHash, verify as isSignedBy, X509Certificate } from 'node:crypto'
import { unzipSync } from 'fflate'
import { z } from 'zod'
import { findStatement } from '../contract/registration.ts'
import { parseCertificate } from '../pki/certificate.ts'
import { parseCertificateRequest } from '../pki/certificate-request.ts'
import { fromBase64 } from '../pki/fingerprint.ts'
import { isStatementSigned } from '../pki/is-statement-signed.ts'
import { parseRevocationList } from '../pki/parse-revocation-list.ts'
import { findPemBlocks } from '../pki/pem.ts'
import { parsePublicKey } from '../pki/public-key.ts'
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
  const questions: Question[] = [
    ['Every file is the one of the manifest', () => checkManifest(pack)],
    ...(isForeign(pack)
      ? ([
          ['The key of the certificate has been proven', () => checkRegistration(pack)],
          ['The certificate was issued by the chain', () => checkChain(pack)],
        ] satisfies Question[])
      : ([
          ['The request is signed by its own key', () => checkRequest(pack)],
          [
            'The certificate was issued by the chain, for the key of the request',
            () => checkCertificate(pack),
          ],
        ] satisfies Question[])),
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
      () => (isForeign(pack) ? undefined : compareChecks(pack, rows)),
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

type Question = [string, () => Promise<string | undefined> | string | undefined]

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

/** A certificate of another authority has no request here, and its chain may end below a root. */
const isForeign = ({ files }: Pack): boolean => files['registration.json'] !== undefined

const Registered = z.object({
  fingerprintSha256: z.string(),
  proof: z.object({ statement: z.string(), signature: z.string().nullable() }),
})

async function checkRegistration(pack: Pack): Promise<string | undefined> {
  const { proof, fingerprintSha256 } = Registered.parse(JSON.parse(pack.text('registration.json')))
  const { der, spki } = readCertificate(pack)
  if (findStatement(proof.statement)?.fingerprintSha256 !== sha256(der) || fingerprintSha256 !== sha256(der))
    return 'the statement is about another certificate'
  // What a handshake has proven only the log can tell.
  if (proof.signature === null) return undefined
  const isSigned = await isStatementSigned(proof.statement, fromBase64(proof.signature), parsePublicKey(spki))
  return isSigned ? undefined : 'the key has not signed the statement'
}

/** Whether each signs the one before; a pinned certificate may have come with others that do not. */
function checkChain(pack: Pack): string | undefined {
  let child = new X509Certificate(readCertificate(pack).der)
  for (const authority of pack.blocks('chain.pem').map((der) => new X509Certificate(der))) {
    if (!child.verify(authority.publicKey)) return `${child.subject} was not signed by ${authority.subject}`
    child = authority
  }
  return isForeign(pack) || child.verify(child.publicKey) ? undefined : 'the chain does not end in a root'
}

function checkCertificate(pack: Pack): string | undefined {
  const certificate = readCertificate(pack)
  const problem = checkChain(pack)
  if (problem !== undefined) return problem
  const { publicKey } = parseCertificateRequest(pack.text('request.csr'))
  return isSameBytes(publicKey.spki, certificate.spki) ? undefined : 'its key is not the one of the request'
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const readCertificate = (pack: Pack) =>
  parseCertificate(pack.blocks('certificate.pem')[0] ?? new Uint8Array())

function checkRows(pack: Pack, rows: ProvenRow[]): string | undefined {
  const { der, spki, serialNumber } = readCertificate(pack)
  const expected: [action: string, field: string, value: string][] = [
    [isForeign(pack) ? 'certificate.registered' : 'certificate.submitted', 'publicKeySha256', sha256(spki)],
    ['certificate.issued', 'fingerprintSha256', sha256(der)],
  ]
  if (!isForeign(pack)) expected.push(['certificate.issued', 'serialNumber', serialNumber])
  const missing = expected.find(
    ([action, field, value]) => !rows.some((row) => row.action === action && detailsOf(row)[field] === value),
  )
  return missing && `no row ${missing[0]} names its ${missing[1]}`
}

const detailsOf = ({ after }: ProvenRow): Record<string, unknown> => (after === null ? {} : JSON.parse(after))

function checkRevocation(pack: Pack, rows: ProvenRow[]): string | undefined {
  const wasRevoked = rows.some(({ action }) => action === 'certificate.revoked')
  const der = pack.files['revocation-list.crl']
  // The revocation list of another authority is not ours to write.
  if (!wasRevoked || isForeign(pack)) return undefined
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
