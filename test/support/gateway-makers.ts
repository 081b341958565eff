import { generateKeyPairSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PortalCore } from '../../src/app/portal-core.ts'
import { issueCertificate } from '../../src/certificates/issuance/issue-certificate.ts'
import { revokeCertificate } from '../../src/certificates/revocation/revoke-certificate.ts'
import type { GivenClientKeys } from '../../src/contract/client-key.ts'
import type { EnforcementMode } from '../../src/contract/enforcement-policy.ts'
import { operations } from '../../src/contract/operations.ts'
import { checkInput } from '../../src/http/check-input.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import { readSealedKey } from '../../src/signer/issuer-key-store.ts'
import { createByHand } from './gateway-by-hand.ts'
import { x509 } from './peculiar-x509.ts'

const actor = systemActor('test')

/** A client certificate with its key, also as files. */
export interface TestClient {
  id: string
  name: string
  der: Uint8Array
  cert: string
  key: string
  certFile: string
  keyFile: string
}

/** API credentials with their secret. */
export interface TestCredential {
  id: string
  clientId: string
  secret: string
}

/** What makes and changes what gateways follow. */
export interface Makers {
  issue(options?: {
    organization?: string
    environment?: string
    registered?: boolean
    notBefore?: number
    notAfter?: number
  }): Promise<TestClient>
  /** Registers a certificate that was created otherwise. */
  register(
    client: { der: Uint8Array; name: string },
    organization?: string,
    environment?: string,
  ): Promise<string>
  revoke(certificateId: string): Promise<void>
  /** Writes certificate and key of the issuing CA to files, for OpenSSL. */
  exportIssuer(environment?: string): Promise<{ certFile: string; keyFile: string }>
  createCredential(options?: {
    organization?: string
    environment?: string
    scopes?: string[] | undefined
    networks?: string[]
    certificateIds?: string[]
    tlsClientAuth?: { kind: string; value: string }
    /** Public keys instead of a secret. */
    jwks?: GivenClientKeys
  }): Promise<TestCredential>
  deleteCredential(id: string): Promise<void>
  /** Sets the enforcement policy of an organization, as the portal does. */
  setPlan(mode: EnforcementMode, organization?: string, environment?: string): Promise<void>
  /** Adds a secret to credentials of an environment that has come to accept none; returns it. */
  addSecret(id: string): Promise<string>
  /** Changes the limits of a credential in the store. */
  limitCredential(
    id: string,
    limits: { scopes?: string[] | null; networks?: string[] | null; certificateIds?: string[] | null },
  ): Promise<void>
}

/** Makes it by the use cases of the portal, and by hand what the portal would not make. */
export function createMakers(
  core: PortalCore,
  {
    folder,
    organizations,
    untilFollowed,
  }: {
    folder: string
    organizations: Readonly<Record<string, Organization>>
    /** Waits until the gateways have what was changed. */
    untilFollowed: () => Promise<void>
  },
): Makers {
  const { dependencies: parts, handlers, ground } = core
  const { database, keys } = ground
  const organizationOf = (slug: string) => organizations[slug] as Organization
  const placeOf = (organization: string, environment: string) => ({
    actor,
    organization: organizationOf(organization),
    environment: parts.environments.get(environment),
  })
  /** The organization whose row this is. */
  const ownerOf = async (table: 'certificates' | 'credentials', id: string) => {
    const row = await database.queries
      .selectFrom(table)
      .select('organization_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const owner = Object.values(organizations).find((one) => one.id === row.organization_id)
    return owner as Organization
  }
  const byHand = createByHand(core, organizationOf, untilFollowed)
  const toFiles = (id: string, name: string, der: Uint8Array, privateKey: KeyObject): TestClient => {
    const cert = new X509Certificate(der).toString()
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const base = join(folder, `${name}-${randomBytes(4).toString('hex')}`)
    writeFileSync(`${base}.pem`, cert)
    writeFileSync(`${base}.key`, key)
    return { id, name, der, cert, key, certFile: `${base}.pem`, keyFile: `${base}.key` }
  }

  return {
    register: byHand.register,
    async issue({ organization = 'acme', environment = 'production', registered = true, ...times } = {}) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const isUsual = registered && times.notBefore === undefined && times.notAfter === undefined
      if (!isUsual) {
        const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
        const { name, der } = await byHand.sign(spki, { organization, environment, ...times })
        const id = registered ? await byHand.register({ der, name }, organization, environment) : ''
        return toFiles(id, name, der, privateKey)
      }
      const place = placeOf(organization, environment)
      const body = checkInput(
        operations.createCertificate.body,
        { csr: await makeCsr(privateKey, publicKey) },
        'body',
      )
      const { id, name } = (await handlers.createCertificate({ ...place, body } as never)) as {
        id: string
        name: string
      }
      await issueCertificate(parts.issue, id)
      const row = await database.queries
        .selectFrom('certificates')
        .select('certificate_der')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      await untilFollowed()
      return toFiles(id, name, new Uint8Array(row.certificate_der as Uint8Array), privateKey)
    },
    async revoke(id) {
      const organization = await ownerOf('certificates', id)
      const { name } = await parts.certificates.get(organization.id, id)
      const crl = { publish: parts.publisher.publishRevocation, onFailure: parts.onFailure }
      const { letters: emails, environments, clock } = parts.issue
      await revokeCertificate(
        { certificates: parts.certificates, letters: emails, environments, clock, crl },
        actor,
        { organization, certificateId: id },
        { reason: 'keyCompromise', name },
      )
    },
    async exportIssuer(environment = 'production') {
      const { id, certificateDer } = await parts.issue.issuers.getSigning(environment)
      const key = await database.transaction((tx) => readSealedKey(tx, keys.authorityKey, id))
      const [certFile, keyFile] = [
        join(folder, `${environment}-ca.pem`),
        join(folder, `${environment}-ca.key`),
      ]
      writeFileSync(certFile, new X509Certificate(certificateDer).toString())
      writeFileSync(keyFile, key.export({ type: 'pkcs8', format: 'pem' }).toString())
      return { certFile, keyFile }
    },
    async createCredential({ organization = 'acme', environment = 'production', ...more } = {}) {
      const body = checkInput(operations.createCredential.body, { name: 'test', ...more }, 'body')
      const place = placeOf(organization, environment)
      const { id, clientId, clientSecret } = (await handlers.createCredential({
        ...place,
        body,
      } as never)) as { id: string; clientId: string; clientSecret: string | null }
      await untilFollowed()
      return { id, clientId, secret: clientSecret ?? '' }
    },
    limitCredential: byHand.limitCredential,
    addSecret: byHand.addSecret,
    async setPlan(mode, organization = 'acme', environment = 'production') {
      const place = { organizationId: organizationOf(organization).id, environment }
      const now = Date.now()
      const plan = { mode, since: now, enforceAt: null, postponedSince: null }
      const step = { actor, action: 'enforcement.decided' }
      await parts.enforcing.plans.change(place, now, ({ save }) => save(plan, step, []))
      await untilFollowed()
    },
    async deleteCredential(id) {
      const organization = await ownerOf('credentials', id)
      await handlers.deleteCredential({ actor, organization, params: { credentialId: id } } as never)
    },
  }
}

/** A CSR for a key, by another implementation. */
async function makeCsr(privateKey: KeyObject, publicKey: KeyObject): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=test',
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
    } as never,
    signingAlgorithm: algorithm,
  })
  return request.toString('pem')
}
