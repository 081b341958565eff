import { randomBytes } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../src/app/create-log.ts'
import { prepareCore } from '../../src/app/portal-core.ts'
import type { PortalReplacements } from '../../src/app/portal-ground.ts'
import type { Config, Secrets } from '../../src/config/config.ts'
import { toConfig } from '../../src/config/to-config.ts'
import { toSecrets } from '../../src/config/to-secrets.ts'
import type { CertificateView } from '../../src/contract/certificate.ts'
import type { Operation, Reply } from '../../src/contract/operation.ts'
import { type OperationId, operations } from '../../src/contract/operations.ts'
import { checkInput } from '../../src/http/check-input.ts'
import { createOrganizationStore } from '../../src/organizations/organization-store.ts'
import { type Actor, systemActor } from '../../src/shapes/actor.ts'
import type { MasterKey } from '../../src/shapes/master-key.ts'
import type { Organization } from '../../src/shapes/organization.ts'
import type { Database } from '../../src/storage/database.ts'
import { makeKeyAndRequest } from './key-and-request.ts'
import { createSettings, noMail } from './settings.ts'

/**
 * Creates a clock that a test advances. It starts at the machine's time, which OpenSSL uses for validation.
 */
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
/** More than the validity period of a certificate in these environments. */
export const pastValidity = 366 * day

/** Creates three environments, one for each issuance mode. */
function toFile({
  maxCertificates = 1000,
  certificatesPerHour = maxCertificates,
  sameKeyRenewal = false,
  retirementSilenceHours = 24,
  rotationOverlapDays = null,
  publicationUrl = 'http://localhost:8080',
}: HarnessOptions): object {
  const issuances = { production: 'automatic', staging: 'asynchronous', careful: 'approval' } as const
  const environments = Object.entries(issuances).map(([name, issuance], index) => [
    name,
    {
      port: 8443 + index,
      issuance,
      maxCertificates,
      certificatesPerHour,
      sameKeyRenewal,
      retirementSilenceHours,
      rotationOverlapDays,
    },
  ])
  return {
    portal: { url: 'http://portal.example' },
    publication: { url: publicationUrl },
    environments: Object.fromEntries(environments),
  }
}

const developer: Actor = {
  kind: 'person',
  id: 'usr_1',
  name: 'dev@acme.example',
  origin: '192.0.2.7',
}

/** What a test may set; the rest is as `npm start` has it. */
export interface HarnessOptions extends Pick<PortalReplacements, 'partitionSize' | 'replaceSigner'> {
  /** The base URL of the CRL and OCSP addresses in certificates. */
  publicationUrl?: string
  /** Seals the keys of OCSP responders for processes that only publish: 32 bytes in base64. */
  publicationKey?: string
  maxCertificates?: number
  certificatesPerHour?: number
  sameKeyRenewal?: boolean
  retirementSilenceHours?: number
  rotationOverlapDays?: number | null
  /** A folder with lists of weak keys. */
  weakKeyFolder?: string
}

/** A log that is kept: what was tried again later, and the keys that have a prime in common with a new one. */
function keepLog(config: Config) {
  const failures: string[] = []
  const sharing: string[] = []
  const log = createLog('portal', config, {
    write(line) {
      const { what, err, publicKeySha256 = [] } = JSON.parse(line)
      if (what !== undefined) failures.push(`${what}: ${err.message}`)
      sharing.push(...publicKeySha256)
    },
  })
  return { log, failures, sharing }
}

/** A portal without its ports, as `npm start` composes it, on a migrated store of the test's own. */
export async function createCertificateHarness(database: Database, options: HarnessOptions = {}) {
  const clock = createTestClock()
  const { publicationKey } = options
  const settings = createSettings(
    toFile(options),
    publicationKey === undefined ? {} : { POSTERN_PUBLICATION_KEY: publicationKey },
  )
  const config = toConfig(settings)
  const { log, failures, sharing } = keepLog(config)
  if (options.weakKeyFolder !== undefined)
    cpSync(options.weakKeyFolder, join(config.dataFolder, 'weak-keys'), { recursive: true })
  const addTo = (slug: string, legalName: string) =>
    createOrganizationStore(database).insert(
      { slug, legalName, country: 'GB', state: 'Kent' },
      { actor: systemActor('test'), now: clock.now() },
    )
  // A store that holds something gets no demo.
  await addTo(`first-${randomBytes(4).toString('hex')}`, 'First Ltd')
  const secrets = toSecrets(settings, config, 'portal')
  const openCore = (others: Partial<Secrets> = {}) =>
    prepareCore(
      config,
      { ...secrets, ...others },
      {
        ...options,
        ...{ clock, log, mail: noMail },
        // Who has opened it closes it.
        openDatabase: async () => ({ ...database, close: async () => {} }),
      },
    )
  const core = await openCore()
  const { dependencies: parts, handlers } = core
  const { environments, issue, publisher, certificates, onFailure, organizations } = parts

  type Id = OperationId
  type Input = {
    organization?: Organization
    environment?: string
    params?: object
    query?: object
    body?: unknown
    actor?: Actor
  }
  /** Calls an operation as the HTTP layer does: input checked by its schema, access authorized. */
  const call = async <I extends Id>(id: I, input: Input): Promise<Reply<(typeof operations)[I]>> => {
    const operation: Operation = operations[id]
    const handler = handlers[id] as unknown as (request: object) => Promise<never>
    return handler({
      actor: input.actor ?? developer,
      organization: input.organization,
      environment: environments.get(input.environment ?? ''),
      params: input.params ?? {},
      query: checkInput(operation.query, input.query ?? {}, 'query'),
      body: checkInput(operation.body, input.body ?? {}, 'body'),
    })
  }

  /** Creates an organization. */
  const addOrganization = async (slug: string, legalName = `${slug} Ltd`): Promise<Organization> => {
    await addTo(slug, legalName)
    return (await organizations.findBySlug(slug)) as Organization
  }
  const createDraft = (organization: Organization, environment = 'production', body: object = {}) =>
    call('createCertificate', { organization, environment, body })
  const submit = (organization: Organization, certificateId: string, csr: string) =>
    call('submitCsr', { organization, params: { certificateId }, body: { csr } })
  const get = (organization: Organization, certificateId: string): Promise<CertificateView> =>
    call('getCertificate', { organization, params: { certificateId } })
  const revoke = (organization: Organization, { id, name }: CertificateView) =>
    call('revokeCertificate', {
      organization,
      params: { certificateId: id },
      body: { reason: 'superseded', name },
    })
  /** Creates an issued certificate. */
  const issueOne = async (organization: Organization, body: object = {}): Promise<CertificateView> =>
    submit(organization, (await createDraft(organization, 'production', body)).id, makeCsr())

  return {
    ...{
      database,
      authorityKey: secrets.authorityKey as MasterKey,
      clock,
      environments,
      issue,
      crls: parts.publish.lists,
      publisher,
      certificates,
      failures,
      sharing,
      onFailure,
      dependencies: parts,
      serverCaFile: config.gateway.serverCaFile ?? '',
    },
    ...{
      call,
      addOrganization,
      createDraft,
      submit,
      get,
      revoke,
      issueOne,
      publish: publisher.publish,
      core,
      openCore,
    },
  }
}

export type CertificateHarness = Awaited<ReturnType<typeof createCertificateHarness>>

/** Creates a new EC key and its CSR, both PEM. */
export const makeKeyAndCsr = (subject = '/CN=anything'): { csr: string; key: string } =>
  makeKeyAndRequest(subject)

/** Creates the CSR of a new key. */
export const makeCsr = (subject?: string): string => makeKeyAndCsr(subject).csr
