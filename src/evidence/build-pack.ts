import { strToU8, zipSync } from 'fflate'
import type { AuditStore } from '../audit/audit-store.ts'
import { listCertification } from '../audit/certified-keys.ts'
import type { CheckpointSigner } from '../audit/checkpoint.ts'
import type { CheckpointStore } from '../audit/checkpoint-store.ts'
import type { Clock } from '../clock.ts'
import type { ActivityView } from '../contract/activity.ts'
import type { CertificateView } from '../contract/certificate.ts'
import { PosternError } from '../errors.ts'
import { toPem } from '../pki/text/pem.ts'
import { getOwnRows, proveRows } from './audit-proof.ts'
import { evidenceReadme } from './evidence-readme.ts'
import { formatManifest } from './manifest.ts'
import { readChecks } from './recorded-checks.ts'

/** The dependencies of an evidence pack. */
export interface EvidenceDependencies {
  audit: AuditStore
  checkpoints: CheckpointStore
  clock: Clock
  readCertificate(organizationId: string, certificateId: string): Promise<CertificateView>
  readUse(
    organizationId: string,
    certificateId: string,
  ): Promise<{ firstUsedAt: string | null; lastUsedAt: string | null }>
  /** Returns the issuer and the CAs above it, the root last, with the CRL of the issuer; DER. */
  readAuthority(
    organizationId: string,
    certificateId: string,
  ): Promise<{ chain: Uint8Array[]; revocationList: Uint8Array | undefined }>
  listActivity(
    organizationId: string,
    certificateId: string,
    page: { limit: number },
  ): Promise<{ items: ActivityView[] }>
  /** Signs the last row of the audit log, so that every row until now is covered. */
  takeCheckpoint(): Promise<void>
  /** Returns the key of the audit log, which also signs the manifest. */
  openAuditSigner(): Promise<CheckpointSigner>
}

const newestUses = 200

/**
 * Returns a zip with everything about the issuance, use and revocation of a certificate, verifiable without
 * Postern. Throws `not_found`, and `certificate_not_issued` if it has not been issued.
 */
export async function buildEvidencePack(
  dependencies: EvidenceDependencies,
  organization: { id: string; slug: string; legalName: string },
  certificateId: string,
): Promise<{ fileName: string; mediaType: string; bytes: Uint8Array }> {
  const certificate = await dependencies.readCertificate(organization.id, certificateId)
  const { name, request, external, issued } = certificate
  if (issued === null)
    throw new PosternError(
      'certificate_not_issued',
      `${name} has not been issued, so there is nothing to show yet.`,
    )
  await dependencies.takeCheckpoint()
  const { chain, revocationList } = await dependencies.readAuthority(organization.id, certificateId)
  const { items } = await dependencies.listActivity(organization.id, certificateId, { limit: newestUses })
  const proof = await proveRows(dependencies, organization.id, certificateId)
  const signer = await dependencies.openAuditSigner()
  const certification = await listCertification(dependencies.checkpoints, signer.publicKey)
  const files: Record<string, Uint8Array> = {
    'certificate.pem': strToU8(issued.pem),
    'chain.pem': strToU8(toPemBlocks(chain)),
    'certificate.json': toJson(certificate),
    'uses.json': toJson({
      ...(await dependencies.readUse(organization.id, certificateId)),
      newest: items,
    }),
    'audit.json': toJson(proof),
    'audit-key.pem': strToU8(toPem('PUBLIC KEY', signer.publicKey)),
  }
  if (certification.length > 0) files['audit-certificate.pem'] = strToU8(toPemBlocks(certification))
  if (request !== null) {
    files['request.csr'] = strToU8(request.csr)
    files['request.json'] = toJson(describeRequest(request))
  }
  if (external !== null) files['registration.json'] = toJson(describeRegistration(external))
  const checks = readChecks(getOwnRows(proof))
  if (checks !== undefined) files['checks.json'] = toJson(checks)
  if (certificate.decision !== null) files['decision.json'] = toJson(describeDecision(certificate.decision))
  if (revocationList !== undefined) files['revocation-list.crl'] = revocationList
  const bytes = await packFiles(files, { name, organization, signer, now: dependencies.clock.now() })
  return { fileName: `${name}-evidence.zip`, mediaType: 'application/zip', bytes }
}

/** Adds the README and the signed manifest, and returns the zip. */
async function packFiles(
  files: Record<string, Uint8Array>,
  details: { name: string; organization: { legalName: string }; signer: CheckpointSigner; now: number },
): Promise<Uint8Array> {
  const { name, organization, signer, now } = details
  const madeAt = new Date(now).toISOString()
  const readme = evidenceReadme({
    name,
    organization: organization.legalName,
    madeAt,
    files: Object.keys(files),
  })
  files['README.txt'] = strToU8(readme)
  const manifest = strToU8(formatManifest(name, madeAt, new Map(Object.entries(files))))
  const signed = { ...files, 'manifest.json': manifest, 'manifest.sig': await signer.sign(manifest) }
  return zipSync(signed, { mtime: new Date(now) })
}

/** Describes the content and submitter of the request, and what the certificate does not carry of it. */
function describeRequest(request: NonNullable<CertificateView['request']>) {
  const { csr, ...details } = request
  return details
}

/** Describes a registration in the words of the pack, which stay, so that every release verifies every pack. */
function describeRegistration({ proof, ...external }: NonNullable<CertificateView['external']>) {
  const { challenge: statement, ...rest } = proof
  return { ...external, proof: { statement, ...rest } }
}

/** Describes a decision in the words of the pack. */
function describeDecision({ outcome, ...decision }: NonNullable<CertificateView['decision']>) {
  return { ...decision, approved: outcome === 'approved' }
}

const toPemBlocks = (certificates: readonly Uint8Array[]) =>
  certificates.map((der) => toPem('CERTIFICATE', der)).join('')

const toJson = (value: unknown) => strToU8(`${JSON.stringify(value, null, 2)}\n`)
