import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGatewayApp, type GatewayApp } from '../../src/app/gateway-app.ts'
import type { Config, Secrets } from '../../src/config/config.ts'
import { ConfigFile, type EnvironmentSettings } from '../../src/config/config-file.ts'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import { toAuthority } from '../../src/config/to-authority.ts'
import { toEnvironments } from '../../src/config/to-environments.ts'
import type { GivenClientKeys } from '../../src/contract/client-key.ts'
import type { TlsClientAuth } from '../../src/contract/credential.ts'
import { type EnforcementMode, planSubject } from '../../src/contract/enforcement-plan.ts'
import { defaultLetterLimits } from '../../src/contract/letter-limits.ts'
import { checkClientKeys } from '../../src/credentials/check-client-keys.ts'
import type { Log } from '../../src/gateway/log/log.ts'
import {
  type DemoUpstream,
  demoUpstreamSocket,
  startDemoUpstream,
} from '../../src/gateway/upstream/demo-upstream.ts'
import { parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { keyIdentifier } from '../../src/pki/key/key-identifier.ts'
import { draftClientCertificate } from '../../src/pki/profile/certificate-profile.ts'
import { issuerFactsOf } from '../../src/pki/profile/issuer-facts.ts'
import { SoundTbsCertificate } from '../../src/pki/profile/lint-certificate.ts'
import { ensureAuthority } from '../../src/signer/create-authority.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { readSealedKey } from '../../src/signer/issuer-key-store.ts'
import { openSigner } from '../../src/signer/open-signer.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { type Database, openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { newId } from '../../src/storage/id.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { ensureEpoch } from '../../src/storage/store-epoch.ts'
import type { CertificateRow } from '../../src/storage/tables/certificate-tables.ts'
import { ensureSigningKeys } from '../../src/tokens/signing-key-store.ts'
import { findFreePort } from './postgres.ts'
import { signSealed } from './sign-sealed.ts'

const day = 86_400_000
const noLimits = { openConnections: 0, connectionsPerSecond: 0, connectionsPerSecondInAll: 0 }

/** A client certificate with its key, in files too. */
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

export interface WorldOptions {
  /** A SQLite file of its own where not given. */
  location?: StorageLocation
  environments?: Record<string, Partial<EnvironmentSettings>>
  gateways?: number
  /** Where the gateways write their log; standard error where not given. */
  log?: Log
  /** Whether the environments are behind one port, told apart by their hosts. */
  isPortShared?: boolean
  /** How long calls under way may go on when a gateway stops. */
  drainSeconds?: number
  /** After how long without the store callers are refused; never where not given. */
  staleSeconds?: number
  /** What one address may do without an accepted certificate; everything where not given. */
  strangers?: Partial<Config['gateway']['strangers']>
  /** Whether edges may ask, on loopback; with these files over TLS, with this mode over a socket in the folder. */
  authorizer?: boolean | { certificateFile: string; keyFile: string; clientCaFile: string } | { mode: number }
  /** What edges send with each question; nothing where not given. */
  authorizerSecret?: string
  /** Headers that clients may not send, beside those of the table. */
  reservedHeaders?: string[]
}

/** A store with two organizations, gateways on free ports over it, and the demo upstream. */
export interface GatewayWorld {
  database: Database
  gateways: GatewayApp[]
  upstream: DemoUpstream
  /** What the gateways would have written to standard error. */
  logged: string[]
  folder: string
  /** The server CA, PEM. */
  ca: string
  caFile: string
  /** Moves the time of the gateways, milliseconds; 0 is now. */
  shiftClock(milliseconds: number): void
  url(environment?: string): string
  port(environment?: string, gateway?: number): number
  issue(options?: {
    organization?: string
    environment?: string
    registered?: boolean
    notBefore?: number
    notAfter?: number
  }): Promise<TestClient>
  /** Puts a certificate that was made otherwise into the store. */
  register(
    client: { der: Uint8Array; name: string },
    organization?: string,
    environment?: string,
  ): Promise<string>
  revoke(certificateId: string): Promise<void>
  /** Certificate and key of the issuing CA as files, for openssl. */
  exportIssuer(environment?: string): Promise<{ certFile: string; keyFile: string }>
  createCredential(options?: {
    organization?: string
    environment?: string
    scopes?: string[] | undefined
    networks?: string[]
    certificateIds?: string[]
    tlsClientAuth?: TlsClientAuth
    /** Public keys, in place of a secret. */
    jwks?: GivenClientKeys
  }): Promise<TestCredential>
  deleteCredential(id: string): Promise<void>
  /** Sets what is required of the callers of an organization, as the portal does. */
  setPlan(mode: EnforcementMode, organization?: string, environment?: string): Promise<void>
  /** Changes what a credential may do, as the portal does. */
  limitCredential(
    id: string,
    limits: { scopes?: string[] | null; networks?: string[] | null; certificateIds?: string[] | null },
  ): Promise<void>
  /** The newest rows that the gateways have written, once there are at least `count` that `isMeant`. */
  untilActivity(isMeant: (row: ActivityRow) => boolean, count?: number): Promise<ActivityRow[]>
  [Symbol.asyncDispose](): Promise<void>
}

type ActivityRow = Awaited<ReturnType<typeof readActivity>>[number]

export async function openGatewayWorld(options: WorldOptions = {}): Promise<GatewayWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-gw-'))
  const location = options.location ?? { engine: 'sqlite', path: join(folder, 'postern.db') }
  let shift = 0
  const clock = { now: () => Date.now() + shift }
  const database = await openDatabase(location)
  await migrate(database)
  const config = await toConfig(folder, options)
  const { authorizer } = options
  if (typeof authorizer === 'object' && 'mode' in authorizer) {
    config.authorizer = { socketPath: join(folder, 'authorizer.sock'), socketMode: authorizer.mode }
  } else if (authorizer) {
    const tls = authorizer === true ? null : authorizer
    config.authorizer = { host: '127.0.0.1', port: await findFreePort(), tls }
  }
  const secrets: Secrets = {
    storage: location,
    authorityKey: randomBytes(32),
    gatewayKey: randomBytes(32),
    smtpPassword: null,
    sessionKey: null,
    tokenPin: null,
    authorizerSecret: options.authorizerSecret ?? null,
  }
  await prepare(config, secrets, database)
  const upstream = await startDemoUpstream(demoUpstreamSocket(folder))
  const gateways: GatewayApp[] = []
  const logged: string[] = []
  for (let i = 0; i < (options.gateways ?? 1); i++) {
    // The first has the port that the addresses name, the others any.
    if (i > 0) for (const environment of config.environments) environment.gatewayPort = 0
    const note = (_facts: object, sentence: string) => void logged.push(sentence)
    gateways.push(
      await createGatewayApp(config, secrets, { clock, log: options.log ?? { warn: note, error: note } }),
    )
  }
  const port = (environment = 'production', gateway = 0) => gateways[gateway]?.ports[environment] as number
  return {
    database,
    gateways,
    upstream,
    logged,
    folder,
    ca: readFileSync(config.gateway.serverCaFile ?? '', 'utf8'),
    caFile: config.gateway.serverCaFile ?? '',
    shiftClock(milliseconds) {
      shift = milliseconds
    },
    port,
    url: (environment) => `https://localhost:${port(environment)}`,
    ...makers(database, secrets.authorityKey as Uint8Array, folder),
    async untilActivity(isMeant, count = 1) {
      for (const end = Date.now() + 20_000; ; ) {
        const rows = await readActivity(database)
        if (rows.filter(isMeant).length >= count) return rows.filter(isMeant)
        if (Date.now() > end) throw new Error(`not seen within 20 s; there is ${JSON.stringify(rows)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(gateways.map((gateway) => gateway.close()))
      await upstream.close()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function toConfig(folder: string, options: WorldOptions): Promise<Config> {
  const environments: Record<string, object> = {}
  const shared = await findFreePort()
  for (const [name, given] of Object.entries(defaultEnvironments)) {
    const port = options.isPortShared ? shared : await findFreePort()
    environments[name] = { ...given, port, ...options.environments?.[name] }
  }
  const file = ConfigFile.parse({ environments })
  const connections = { ...file.portal.connections, total: null }
  const listener = { host: '127.0.0.1', port: 0, trustedProxies: [], connections }
  return {
    profile: 'development',
    dataFolder: folder,
    portal: { ...listener, url: '' },
    publication: { ...listener, url: 'http://127.0.0.1:1' },
    gateway: {
      host: '127.0.0.1',
      processes: 1,
      certificateFile: join(folder, 'tls', 'gateway.pem'),
      keyFile: join(folder, 'tls', 'gateway.key'),
      serverCaFile: join(folder, 'tls', 'server-ca.pem'),
      drainSeconds: options.drainSeconds ?? 5,
      staleSeconds: options.staleSeconds ?? null,
      strangers: { ...noLimits, ...options.strangers },
      reservedHeaders: options.reservedHeaders ?? [],
    },
    authority: toAuthority(file, folder),
    audit: { checkpointFiles: [], syslog: null },
    usageRetention: { minute: day, hour: day, day },
    authorizer: null,
    environments: toEnvironments(file, { ports: new Map(), baseFolder: folder }),
    mail: { from: '', smtp: null, limits: defaultLetterLimits },
  }
}

/** What the portal process does when it starts, and two organizations. */
async function prepare(config: Config, secrets: Secrets, database: Database): Promise<void> {
  const clock = { now: () => Date.now() - 3_600_000 }
  const { environments, gateway, publication } = config
  const authorityKey = secrets.authorityKey as Uint8Array
  await ensureEpoch(database, 'test', clock.now())
  await ensureAuthority({ database, authorityKey, clock, publicationUrl: publication.url, environments })
  await ensureSigningKeys(database, environments, secrets.gatewayKey as Uint8Array, clock)
  const files = { ...gateway, serverCaFile: gateway.serverCaFile ?? '' }
  const hosts = ['localhost', '127.0.0.1', 'other.example']
  await ensureDevelopmentTls(files, hosts, clock)
  for (const [slug, legal_name] of [
    ['acme', 'Acme Payments Ltd'],
    ['globex', 'Globex GmbH'],
  ] as const) {
    await database.queries
      .insertInto('organizations')
      .values({ id: `org_${slug}`, slug, legal_name, country: 'GB', state: 'Kent', created_at: 1 })
      .execute()
  }
}

function makers(
  database: Database,
  authorityKey: Uint8Array,
  folder: string,
): Pick<
  GatewayWorld,
  | 'issue'
  | 'register'
  | 'revoke'
  | 'exportIssuer'
  | 'createCredential'
  | 'limitCredential'
  | 'deleteCredential'
  | 'setPlan'
> {
  let number = 0
  const signer = openSigner(database, authorityKey)
  const getIssuer = (environment: string) =>
    database.queries
      .selectFrom('issuers')
      .select(['id', 'certificate_der'])
      .where('environment', '=', environment)
      .executeTakeFirstOrThrow()

  const register: GatewayWorld['register'] = async (
    { der, name },
    organization = 'acme',
    environment = 'production',
  ) => {
    number += 1
    const issuer = await getIssuer(environment)
    const id = newId('cert', Date.now())
    const row = toRow(id, name, number, new Uint8Array(der))
    await database.transaction(async (tx) => {
      await tx
        .insertInto('certificates')
        .values({ ...row, organization_id: `org_${organization}`, environment, issuer_id: issuer.id })
        .execute()
      await recordChange(tx, 'certificate', id, Date.now())
    })
    // Longer than a wake-up takes.
    await new Promise((resolve) => setTimeout(resolve, 100))
    return id
  }

  return {
    register,
    async issue({ organization = 'acme', environment = 'production', registered = true, ...times } = {}) {
      const issuer = await getIssuer(environment)
      const name = `${organization}-${String(number + 1).padStart(4, '0')}`
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
      const facts = issuerFactsOf(new Uint8Array(issuer.certificate_der))
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
      const sound = new SoundTbsCertificate('client', tbs, facts)
      const der = await signSealed(signer, authorityKey, issuer.id, sound)
      const id = registered ? await register({ der, name }, organization, environment) : ''
      const cert = new X509Certificate(der).toString()
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      const base = join(folder, `${name}-${randomBytes(4).toString('hex')}`)
      writeFileSync(`${base}.pem`, cert)
      writeFileSync(`${base}.key`, key)
      return { id, name, der, cert, key, certFile: `${base}.pem`, keyFile: `${base}.key` }
    },
    async revoke(id) {
      await database.transaction(async (tx) => {
        await tx
          .updateTable('certificates')
          .set({ status: 'revoked', revoked_at: Date.now(), revocation_reason: 'keyCompromise' })
          .where('id', '=', id)
          .execute()
        await recordChange(tx, 'certificate', id, Date.now())
      })
    },
    async exportIssuer(environment = 'production') {
      const { id, certificate_der } = await getIssuer(environment)
      const key = await database.transaction((tx) => readSealedKey(tx, authorityKey, id))
      const [certFile, keyFile] = [
        join(folder, `${environment}-ca.pem`),
        join(folder, `${environment}-ca.key`),
      ]
      writeFileSync(certFile, new X509Certificate(certificate_der).toString())
      writeFileSync(keyFile, key.export({ type: 'pkcs8', format: 'pem' }).toString())
      return { certFile, keyFile }
    },
    async createCredential({ organization = 'acme', environment = 'production', ...more } = {}) {
      const id = newId('cred', Date.now())
      const clientId = `${organization}-${randomBytes(8).toString('hex')}`
      const secret = `pos_${randomBytes(32).toString('hex')}`
      await database.transaction(async (tx) => {
        await tx
          .insertInto('credentials')
          .values({
            id,
            organization_id: `org_${organization}`,
            environment,
            name: 'test',
            description: '',
            client_id: clientId,
            scopes: JSON.stringify(more.scopes ?? null),
            networks: JSON.stringify(more.networks ?? null),
            certificate_ids: JSON.stringify(more.certificateIds ?? null),
            tls_client_auth_kind: more.tlsClientAuth?.kind ?? null,
            tls_client_auth_value: more.tlsClientAuth?.value ?? null,
            jwks: more.jwks === undefined ? null : JSON.stringify(await checkClientKeys(more.jwks)),
            created_at: 1,
            created_by: 'test',
          })
          .execute()
        if (more.tlsClientAuth === undefined && more.jwks === undefined)
          await tx
            .insertInto('credential_secrets')
            .values({
              id: newId('sec', Date.now()),
              credential_id: id,
              secret_sha256: createHash('sha256').update(secret).digest('hex'),
              hint: secret.slice(-4),
              created_at: 1,
            })
            .execute()
        await recordChange(tx, 'credential', id, Date.now())
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { id, clientId, secret }
    },
    async limitCredential(id, { scopes = null, networks = null, certificateIds = null }) {
      const limits = {
        scopes: JSON.stringify(scopes),
        networks: JSON.stringify(networks),
        certificate_ids: JSON.stringify(certificateIds),
      }
      await database.transaction(async (tx) => {
        await tx.updateTable('credentials').set(limits).where('id', '=', id).execute()
        await recordChange(tx, 'credential', id, Date.now())
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
    },
    async setPlan(mode, organization = 'acme', environment = 'production') {
      const now = Date.now()
      const organization_id = `org_${organization}`
      const plan = {
        mode,
        since: now,
        enforce_at: null,
        held_since: null,
        updated_at: now,
        updated_by: 'test',
      }
      await database.transaction(async (tx) => {
        await tx
          .insertInto('enforcement_plans')
          .values({ organization_id, environment, ...plan })
          .onConflict((conflict) => conflict.columns(['organization_id', 'environment']).doUpdateSet(plan))
          .execute()
        await recordChange(tx, 'enforcement-plan', planSubject(organization_id, environment), now)
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
    },
    async deleteCredential(id) {
      await database.transaction(async (tx) => {
        await tx.updateTable('credentials').set({ deleted_at: Date.now() }).where('id', '=', id).execute()
        await recordChange(tx, 'credential', id, Date.now())
      })
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

const readActivity = (database: Database) =>
  database.queries.selectFrom('activity').selectAll().orderBy('sequence', 'desc').execute()
