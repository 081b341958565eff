import { createHash } from 'node:crypto'
import type { CertificatePurpose } from '../../src/contract/environment.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { formatName } from '../../src/pki/name/name.ts'
import { awaitExternalStatuses } from '../../src/storage/await-external-status.ts'
import type { Tx } from '../../src/storage/database.ts'
import { newId } from '../../src/storage/id.ts'

/** An externally issued certificate, as its registration is told of it. */
interface GivenExternal {
  organizationId: string
  name: string
  number: number
  der: Uint8Array
  purpose?: CertificatePurpose
  /** The trusted issuer; pinned without one. */
  issuerId?: string | null
  /** PEM of the certificates between it and the trusted issuer. */
  chain?: string
}

/** Inserts an externally issued certificate of production as its registration does; returns its ID. */
export async function insertExternalCertificate(
  tx: Tx,
  { organizationId, name, number, der, purpose = 'client_auth', issuerId = null, chain = '' }: GivenExternal,
): Promise<string> {
  const { issuer, notBefore, notAfter, spki } = parseCertificate(der)
  const id = newId('certificate', Date.now())
  const proof = { method: 'signature', statement: '', signature: '', clientAddress: null, at: 1 }
  await tx
    .insertInto('certificates')
    .values({
      ...{ id, organization_id: organizationId, environment: 'production', name, number },
      ...{ status: 'issued', source: issuerId === null ? 'pinned' : 'trusted-issuer', issuer_id: issuerId },
      ...{ external_issuer: formatName(issuer), external_purpose: purpose },
      ...{ certificate_der: der, foreign_chain: chain, not_before: notBefore, not_after: notAfter },
      fingerprint_sha256: createHash('sha256').update(der).digest('hex'),
      spki_sha256: createHash('sha256').update(spki).digest('hex'),
      ...{ description: '', owner: '', related_service: '', rotation_policy: '', issued_at: Date.now() },
      ...{ contacts: JSON.stringify([`${id}@acme.test`]), proof: JSON.stringify(proof) },
      ...{ certified_subject: '{}', organization_name: '', country: 'GB', state: '', key_kind: 'ec-p256' },
      ...{ created_at: 1, created_by: 'test', search_text: name },
    })
    .execute()
  if (issuerId !== null) await awaitExternalStatuses(tx, [id], Date.now())
  return id
}
