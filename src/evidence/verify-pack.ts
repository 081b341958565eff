import { createHash, verify as isSignedBy, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { findChallengeFile } from '../contract/registration.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { fromBase64 } from '../pki/der/fingerprint.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { parsePublicKey } from '../pki/key/public-key.ts'
import { parseCertificateRequest } from '../pki/request/certificate-request.ts'
import { isChallengeFileSigned } from '../pki/request/is-challenge-file-signed.ts'
import { isSignatureValid } from '../pki/request/verify-signature.ts'
import { parseRevocationList } from '../pki/status/parse-revocation-list.ts'
import { AuditProof, checkProof, type ProvenRow } from './audit-proof.ts'
import { type Anchor, checkKey, checkSignature, getKey } from './check-key.ts'
import { compareChecks, compareDecision } from './compare-with-log.ts'
import { findManifestProblem } from './manifest.ts'
import { openPack, type Pack } from './open-pack.ts'

/** One check of a pack; `problem` is the reason of its failure. */
export interface Finding {
  question: string
  problem: string | undefined
}

/**
 * Checks that the parts of an evidence pack are complete, signed and consistent. Throws an Error with the
 * reason if programs could read it in different ways.
 */
export async function verifyEvidencePack(zip: Uint8Array, anchor: Anchor = {}): Promise<Finding[]> {
  const pack = openPack(zip)
  let rows: ProvenRow[] = []
  const questions: Question[] = [
    [
      'Every file is the one of the manifest',
      () => findManifestProblem(pack.entries, pack.text('manifest.json')),
    ],
    ['The manifest is signed by the key of the audit log', () => checkSignature(pack)],
    ['The key of the audit log is the one that is certified or was given', () => checkKey(pack, anchor)],
    ...(isExternal(pack)
      ? ([
          ['The key of the certificate has been proven', () => checkRegistration(pack)],
          ['The certificate was issued by the chain', () => checkChain(pack, anchor)],
        ] satisfies Question[])
      : ([
          ['The request is signed by its own key', () => checkRequest(pack)],
          [
            'The certificate was issued by the chain, for the key of the request',
            () => checkCertificate(pack, anchor),
          ],
        ] satisfies Question[])),
    [
      'The audit rows stood in a log that the key signed',
      () => {
        const proven = checkProof(AuditProof.parse(JSON.parse(pack.text('audit.json'))), getKey(pack))
        if (typeof proven === 'string') return proven
        rows = proven
        return undefined
      },
    ],
    ['The audit rows tell of this request and this certificate', () => checkRows(pack, rows)],
    [
      'The checks of the request are those of the log, and it passes them today',
      () => (isExternal(pack) ? undefined : compareChecks(pack, rows)),
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

async function checkRequest(pack: Pack): Promise<string | undefined> {
  const isValid = await isSignatureValid(parseCertificateRequest(pack.text('request.csr')))
  return isValid ? undefined : 'its signature does not verify'
}

/** An externally issued certificate has no request here, and its chain may end below a root. */
const isExternal = ({ files }: Pack): boolean => files['registration.json'] !== undefined

const Registered = z.object({
  fingerprintSha256: z.string(),
  proof: z.object({ statement: z.string(), signature: z.string().nullable() }),
})

async function checkRegistration(pack: Pack): Promise<string | undefined> {
  const { proof, fingerprintSha256 } = Registered.parse(JSON.parse(pack.text('registration.json')))
  const { der, spki } = readCertificate(pack)
  if (
    findChallengeFile(proof.statement)?.fingerprintSha256 !== sha256(der) ||
    fingerprintSha256 !== sha256(der)
  )
    return 'the statement is about another certificate'
  // Only the log can confirm a proof by a handshake.
  if (proof.signature === null) return undefined
  const isSigned = await isChallengeFileSigned(
    proof.statement,
    fromBase64(proof.signature),
    parsePublicKey(spki),
  )
  return isSigned ? undefined : 'the key has not signed the statement'
}

/**
 * Checks that each certificate is issued by the next; a pinned certificate may have come with unrelated ones.
 */
function checkChain(pack: Pack, { root }: Anchor): string | undefined {
  let child = new X509Certificate(readCertificate(pack).der)
  for (const authority of pack.blocks('chain.pem').map((der) => new X509Certificate(der))) {
    if (!child.verify(authority.publicKey)) return `${child.subject} was not signed by ${authority.subject}`
    child = authority
  }
  if (isExternal(pack)) return undefined
  if (root !== undefined && !isSameBytes(child.raw, root))
    return 'the chain ends in another root than the one given'
  return child.verify(child.publicKey) ? undefined : 'the chain does not end in a root'
}

function checkCertificate(pack: Pack, anchor: Anchor): string | undefined {
  const certificate = readCertificate(pack)
  const problem = checkChain(pack, anchor)
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
    [isExternal(pack) ? 'certificate.registered' : 'certificate.submitted', 'publicKeySha256', sha256(spki)],
    ['certificate.issued', 'fingerprintSha256', sha256(der)],
  ]
  if (!isExternal(pack)) expected.push(['certificate.issued', 'serialNumber', serialNumber])
  const missing = expected.find(
    ([action, field, value]) => !rows.some((row) => row.action === action && detailsOf(row)[field] === value),
  )
  return missing && `no row ${missing[0]} names its ${missing[1]}`
}

const detailsOf = ({ after }: ProvenRow): Record<string, unknown> => (after === null ? {} : JSON.parse(after))

function checkRevocation(pack: Pack, rows: ProvenRow[]): string | undefined {
  const wasRevoked = rows.some(({ action }) => action === 'certificate.revoked')
  const der = pack.files['revocation-list.crl']
  // Postern does not publish the CRL of an external CA.
  if (!wasRevoked || isExternal(pack)) return undefined
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

/** Returns the hash that an issuer signs with: SHA-384 with P-384, else SHA-256. */
const hashOf = ({ publicKey }: X509Certificate) =>
  publicKey.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256'
