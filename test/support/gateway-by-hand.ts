import { createHash, randomBytes } from 'node:crypto'
import type { PortalCore } from '../../src/app/portal-core.ts'
import { createClientSecret } from '../../src/credentials/credential.ts'
import { insertSecret } from '../../src/credentials/credential-secret-store.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { keyIdentifier } from '../../src/pki/key/key-identifier.ts'
import { draftClientCertificate } from '../../src/pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../../src/pki/profile/issuer-details.ts'
import { SoundTbsCertificate } from '../../src/pki/profile/lint-certificate.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { newId } from '../../src/storage/id.ts'
import type { CertificateRow } from '../../src/storage/tables/certificate-tables.ts'
import { signSealed } from './sign-sealed.ts'

const day = 86_400_000

interface Limits {
  scopes?: string[] | null
  networks?: string[] | null
  certificateIds?: string[] | null
}

/** What the portal does not make: certificates of other times, and those that are in no store. */
export function createByHand(
  { dependencies: parts, ground: { database, keys } }: PortalCore,
  organizationOf: (slug: string) => Organization,
  untilFollowed: () => Promise<void>,
) {
  let number = 5000
  const register = async (
    { der, name }: { der: Uint8Array; name: string },
    organization = 'acme',
    environment = 'production',
  ): Promise<string> => {
    number += 1
    const issuer = await parts.issue.issuers.getSigning(environment)
    const id = newId('certificate', Date.now())
    const row = toRow(id, name, number, new Uint8Array(der))
    await database.transaction(async (tx) => {
      await tx
        .insertInto('certificates')
        .values({
          ...row,
          organization_id: organizationOf(organization).id,
          environment,
          issuer_id: issuer.id,
        })
        .execute()
      await recordChange(tx, 'certificate', id, Date.now())
    })
    await untilFollowed()
    return id
  }
  return {
    /** Sets the limits in the store: an older release accepted empty lists, which the API rejects. */
    async limitCredential(id: string, { scopes = null, networks = null, certificateIds = null }: Limits) {
      const limits = {
        scopes: JSON.stringify(scopes),
        networks: JSON.stringify(networks),
        certificate_ids: JSON.stringify(certificateIds),
      }
      await database.transaction(async (tx) => {
        await tx.updateTable('credentials').set(limits).where('id', '=', id).execute()
        await recordChange(tx, 'credential', id, Date.now())
      })
      await untilFollowed()
    },
    /** Adds a secret to credentials of an environment that has come to accept none; returns it. */
    async addSecret(id: string): Promise<string> {
      const secret = createClientSecret()
      await database.transaction(async (tx) => {
        await insertSecret(tx, id, secret, Date.now())
        await recordChange(tx, 'credential', id, Date.now())
      })
      await untilFollowed()
      return secret.text
    },
    register,
    async sign(
      spki: Uint8Array,
      {
        organization,
        environment,
        ...times
      }: { organization: string; environment: string; notBefore?: number; notAfter?: number },
    ) {
      const issuer = await parts.issue.issuers.getSigning(environment)
      const facts = getIssuerDetails(new Uint8Array(issuer.certificateDer))
      const name = `${organization}-${String(number + 1).padStart(4, '0')}`
      const tbs = draftClientCertificate({
        serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
        issuer: facts,
        subject: { organizationName: 'Acme Payments Ltd', country: 'GB', state: 'Kent', commonName: name },
        uri: `urn:postern:${environment}:${organization}:${name}`,
        spki,
        subjectKeyIdentifier: await keyIdentifier(spki),
        notBefore: times.notBefore ?? Date.now() - 300_000,
        notAfter: times.notAfter ?? Date.now() + 365 * day,
        crlUrl: 'http://127.0.0.1:1/a.crl',
        ocspUrl: 'http://127.0.0.1:1/ocsp/a',
        issuerUrl: 'http://127.0.0.1:1/a.cer',
      })
      const der = await signSealed(
        parts.issue.signer,
        keys.authorityKey,
        issuer.id,
        new SoundTbsCertificate('client', tbs, facts),
      )
      return { name, der }
    },
  }
}

function toRow(id: string, name: string, number: number, der: Uint8Array) {
  const { serialNumber, notBefore, notAfter, spki } = parseCertificate(der)
  const empty = { description: '', owner: '', related_service: '', rotation_policy: '', state: '' }
  return {
    ...empty,
    id,
    number,
    name,
    status: 'issued',
    source: 'postern',
    contacts: '[]',
    certified_subject: '{}',
    organization_name: 'Acme',
    country: 'GB',
    key_kind: 'ec-p256',
    spki_sha256: createHash('sha256').update(spki).digest('hex'),
    serial_number: serialNumber,
    certificate_der: der,
    fingerprint_sha256: createHash('sha256').update(der).digest('hex'),
    not_before: notBefore,
    not_after: notAfter,
    issued_at: Date.now(),
    created_at: Date.now(),
    created_by: 'test',
    search_text: name,
  } satisfies Partial<CertificateRow>
}
