import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuditStore } from '../../src/audit/audit-store.ts'
import { createPartitionChoice } from '../../src/authority/choose-partition.ts'
import { createIssuerStore } from '../../src/authority/issuer-store.ts'
import { createPartitionStore } from '../../src/authority/partition-store.ts'
import { createPublisher } from '../../src/authority/publish-revocation-list.ts'
import { createRevocationListStore } from '../../src/authority/revocation-list-store.ts'
import { createRevokedCertificateStore } from '../../src/authority/revoked-certificate-store.ts'
import { createCertificateListStore } from '../../src/certificates/certificate-list-store.ts'
import { certificateRoutes } from '../../src/certificates/certificate-routes.ts'
import { createCertificateStore } from '../../src/certificates/certificate-store.ts'
import { createDraftStore } from '../../src/certificates/issuance/draft-store.ts'
import { createIssuanceStore } from '../../src/certificates/issuance-store.ts'
import { createSeenKeyStore } from '../../src/certificates/key-checks/seen-key-store.ts'
import { createSharedFactorCheck } from '../../src/certificates/key-checks/shared-factor-check.ts'
import { createBulkRevocationStore } from '../../src/certificates/revocation/bulk-revocation-store.ts'
import type { Environment } from '../../src/config/config.ts'
import { ConfigFile } from '../../src/config/config-file.ts'
import { toEnvironments } from '../../src/config/to-environments.ts'
import type { CertificateView } from '../../src/contract/certificate.ts'
import type { Reply } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { createCertificateLetters } from '../../src/notifications/certificate-letters.ts'
import { writeLetters } from '../../src/notifications/write-letters-store.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import type { FindListedKey } from '../../src/pki/request/check-request.ts'
import { type Actor, systemActor } from '../../src/shapes/actor.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import type { Signer } from '../../src/shapes/signer.ts'
import { ensureAuthority } from '../../src/signer/create-authority.ts'
import { openSigner } from '../../src/signer/open-signer.ts'
import { createRecordSeals } from '../../src/signer/record-seals.ts'
import type { Database } from '../../src/storage/database.ts'

/** A clock that a test sets. It starts at the machine's time, since OpenSSL judges by that. */
export function createTestClock() {
  let time = Date.now()
  return {
    now: () => time,
    advance(milliseconds: number) {
      time += milliseconds
    },
  }
}

const day = 86_400_000
/** More than the whole validity of a certificate of these environments. */
export const pastValidity = 366 * day

/** Three environments, one for each way of issuing. */
function createTestEnvironments({
  maxCertificates = 1000,
  certificatesPerHour = maxCertificates,
  sameKeyRenewal = false,
}: WorldOptions): Map<string, Environment> {
  const issuances = { production: 'automatic', staging: 'asynchronous', careful: 'approval' } as const
  const environments = Object.fromEntries(
    Object.entries(issuances).map(([name, issuance], index) => [
      name,
      { port: 8443 + index, issuance, maxCertificates, certificatesPerHour, sameKeyRenewal },
    ]),
  )
  const file = ConfigFile.parse({ environments })
  const all = toEnvironments(file, { ports: new Map(), baseFolder: '/' })
  return new Map(all.map((environment) => [environment.name, environment]))
}

const developer: Actor = {
  kind: 'person',
  id: 'usr_1',
  name: 'dev@acme.example',
  origin: '192.0.2.7',
}

/** What a test may set; the rest is as in production. */
export interface WorldOptions {
  /** Where its certificates say that CRLs and OCSP answers are. */
  publicationUrl?: string
  maxCertificates?: number
  certificatesPerHour?: number
  sameKeyRenewal?: boolean
  /** How many certificates one partition of the CRL takes. */
  partitionSize?: number
  /** Stands between the use cases and the real signer. */
  wrapSigner?(signer: Signer): Signer
  serverCa?: Uint8Array
  findListedKey?: FindListedKey
}

/** Everything behind the operations on certificates, on a store of the test's own, without the HTTP around it. */
export async function createCertificateWorld(database: Database, options: WorldOptions = {}) {
  const clock = createTestClock()
  const environments = createTestEnvironments(options)
  const authorityKey = randomBytes(32)
  const { publicationUrl = 'http://localhost:8080' } = options
  await ensureAuthority({
    database,
    authorityKey,
    clock,
    publicationUrl,
    environments: [...environments.values()],
  })
  const signer = (options.wrapSigner ?? ((real) => real))(openSigner(database, authorityKey))
  const issuers = createIssuerStore(database)
  const crls = createRevocationListStore(database)
  const letters = createCertificateLetters('http://portal.example')
  const issuance = createIssuanceStore(database, writeLetters)
  const failures: string[] = []
  const sharing: string[] = []
  const onFailure = (what: string, error: unknown) => {
    failures.push(`${what}: ${(error as Error).message}`)
  }
  const revoked = createRevokedCertificateStore(database)
  const publisher = createPublisher({ issuers, lists: crls, revoked, signer, clock, onFailure })
  const partitions = createPartitionChoice({
    partitions: createPartitionStore(database, publicationUrl),
    lists: crls,
    publisher,
    ...(options.partitionSize === undefined ? {} : { size: options.partitionSize }),
  })
  const seals = createRecordSeals(authorityKey)
  const issue = { issuance, issuers, partitions, signer, seals, letters, environments, clock, publicationUrl }
  const certificates = createCertificateStore(database, writeLetters)
  const handlers = certificateRoutes({
    certificates,
    bulk: createBulkRevocationStore(database),
    drafts: createDraftStore(database),
    lists: createCertificateListStore(database),
    issue,
    keys: {
      findListedKey: options.findListedKey ?? (() => undefined),
      ...createSharedFactorCheck(createSeenKeyStore(database), (keys) => sharing.push(...keys)),
    },
    history: createAuditStore(database),
    readServerCa: async () => options.serverCa,
    publishRevocationList: publisher.publishRevocation,
    onFailure,
  })
  const organizations = createOrganizationStore(database)

  type Id = keyof typeof handlers
  type Input = {
    organization?: Organization
    environment?: string
    params?: object
    query?: object
    body?: unknown
    actor?: Actor
  }
  /** Calls an operation as the door would: input checked by its schema, caller let in. */
  const call = async <I extends Id>(id: I, input: Input): Promise<Reply<(typeof operations)[I]>> => {
    const operation = operations[id] as { query?: unknown; body?: unknown }
    const parse = (schema: unknown, value: unknown) =>
      (schema as { parse(value: unknown): unknown } | undefined)?.parse(value ?? {})
    const handler = handlers[id] as unknown as (request: object) => Promise<never>
    return handler({
      actor: input.actor ?? developer,
      organization: input.organization,
      environment: environments.get(input.environment ?? ''),
      params: input.params ?? {},
      query: parse(operation.query, input.query),
      body: parse(operation.body, input.body),
    })
  }

  /** A new organization. */
  const addOrganization = async (slug: string, legalName = `${slug} Ltd`): Promise<Organization> => {
    const actor = systemActor('test')
    await organizations.insert({ slug, legalName, country: 'GB', state: 'Kent' }, { actor, now: clock.now() })
    return (await organizations.findBySlug(slug)) as Organization
  }
  const createDraft = (organization: Organization, environment = 'production', body: object = {}) =>
    call('createCertificate', { organization, environment, body })
  const submit = (organization: Organization, certificateId: string, csr: string) =>
    call('submitCertificateRequest', { organization, params: { certificateId }, body: { csr } })
  const get = (organization: Organization, certificateId: string): Promise<CertificateView> =>
    call('getCertificate', { organization, params: { certificateId } })
  const revoke = (organization: Organization, { id, name }: CertificateView) =>
    call('revokeCertificate', {
      organization,
      params: { certificateId: id },
      body: { reason: 'superseded', name },
    })
  /** An issued certificate. */
  const issueOne = async (organization: Organization, body: object = {}): Promise<CertificateView> =>
    submit(organization, (await createDraft(organization, 'production', body)).id, makeCsr())

  return {
    ...{
      database,
      authorityKey,
      clock,
      environments,
      issue,
      crls,
      publisher,
      certificates,
      failures,
      sharing,
      onFailure,
    },
    ...{ call, addOrganization, createDraft, submit, get, revoke, issueOne, publish: publisher.publish },
  }
}

export type CertificateWorld = Awaited<ReturnType<typeof createCertificateWorld>>

const keyFolder = mkdtempSync(join(tmpdir(), 'postern-csr-'))
let keys = 0

/** The files of a new EC key and a CSR for it, made by real openssl. */
export function makeKeyAndCsr(subject = '/CN=anything'): { csr: string; key: string } {
  keys += 1
  const [keyFile, csrFile] = [join(keyFolder, `${keys}.key`), join(keyFolder, `${keys}.csr`)]
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
  const options = ['-new', '-utf8', ...newKey, '-sha256', '-subj', subject, '-out', csrFile]
  execFileSync('openssl', ['req', ...options], { stdio: 'ignore' })
  return { csr: readFileSync(csrFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

/** The CSR of a new key. */
export const makeCsr = (subject?: string): string => makeKeyAndCsr(subject).csr
