import { join } from 'node:path'
import type { pino } from 'pino'
import type { FindTxtRecords } from '../accounts/single-sign-on/find-txt-records.ts'
import { createJournal } from '../backup/keep-journal-store.ts'
import { readWeakKeyLists } from '../certificates/key-checks/weak-key-lists.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Config, Secrets } from '../config/config.ts'
import type { ConfigSource } from '../config/reload-config.ts'
import { assertTlsFiles } from '../config/tls-settings.ts'
import { PosternError } from '../errors.ts'
import type { Mail } from '../notifications/open-mail.ts'
import type { FindCompromisedKey } from '../pki/request/check-request.ts'
import type { ResolveHost } from '../resolve-host.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Signer } from '../shapes/signer.ts'
import type { Hsm } from '../signer/hsm.ts'
import { openHsm } from '../signer/open-hsm.ts'
import { awaitStore } from '../storage/await-store.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { createStoreWatch, type StoreWatch } from '../storage/watch-store.ts'
import { openTracer } from '../tracing/open-tracer.ts'
import type { Tracer } from '../tracing/span.ts'
import { createLog } from './create-log.ts'
import { traceTransactions } from './portal-traces.ts'

/** What a test may replace in a portal; all else is as in production. */
export interface PortalReplacements {
  clock?: Clock
  log?: pino.Logger
  /** Opens the store that the secrets name. */
  openDatabase?: typeof openDatabase
  /** Gives what signs in place of the real signer, which it may use. */
  replaceSigner?(signer: Signer): Signer
  /** What sends emails, in place of the mail server or the built-in mailbox. */
  mail?: Mail
  /** What looks up TXT records in place of DNS. */
  findTxtRecords?: FindTxtRecords
  /** What resolves the host names of webhook endpoints in place of DNS. */
  resolveEndpoint?: ResolveHost
  /** How many requests a user, a session or a key may make in a minute. */
  requestsPerMinute?: number | undefined
  /** How many certificates one partition of a revocation list takes. */
  partitionSize?: number
  /** Where the configuration is read again from; the file and the variables of the process where not given. */
  source?: ConfigSource
  /** Called after an operator has had the configuration read again: other processes are to do it too. */
  onReloaded?(): void
  /** Descriptors of inherited sockets by their ports; it opens those that are missing. */
  sockets?: ReadonlyMap<number, number[]>
  /** Whether it opens its ports; true where not given. */
  listens?: boolean
  /** Whether it does jobs and chores by itself; true where not given. */
  works?: boolean
}

/** The keys that a portal process holds. */
export interface PortalKeys {
  authorityKey: MasterKey
  gatewayKey: MasterKey
  /** Null if no other process publishes. */
  publicationKey: MasterKey | null
  sessionKey: string
}

/** What all parts of the portal share. */
export interface BaseDependencies {
  config: Config
  secrets: Secrets
  keys: PortalKeys
  database: Database
  /** Writes what a restore must not take back, at the end of each transaction of `database`. */
  journal: ReturnType<typeof createJournal>
  /** Told of how the store fares. */
  watch: StoreWatch
  clock: Clock
  log: pino.Logger
  /** The token that keys of issuers are in. */
  hsm: Hsm | undefined
  findCompromisedKey: FindCompromisedKey
  /** Undefined if no traces are recorded. */
  tracer: Tracer | undefined
}

/**
 * Opens what all parts of the portal share; waits for a store that cannot be used. Throws `config_invalid` or
 * `hsm_pin_refused`, and `storage_unavailable` for a store that this release cannot use.
 */
export async function openGround(
  config: Config,
  secrets: Secrets,
  { clock = systemClock, log = createLog('portal', config), ...replace }: PortalReplacements,
): Promise<BaseDependencies> {
  assertTlsFiles(config, { portal: true, gateway: false }, clock.now())
  const keys = portalKeys(secrets)
  const hsm = openConfiguredHsm(config, secrets)
  await assertPinIsRight(hsm, log)
  const { storage } = secrets
  const watch = createStoreWatch(storage, log)
  const tracer = await openTracer(config, 'portal', { clock, log })
  const open = replace.openDatabase ?? openDatabase
  const journal = createJournal({
    database: await awaitStore(() => open(storage, { watch }), watch, storage),
    folders: config.backup.journalFolders,
    authorityKey: keys.authorityKey,
    clock,
    onFailure: (what, error) => log.error({ what, err: error }, 'tried again later'),
  })
  return {
    config,
    secrets,
    keys,
    database: traceTransactions(journal.database, tracer),
    journal,
    watch,
    clock,
    log,
    hsm,
    tracer,
    findCompromisedKey: await readWeakKeyLists(join(config.dataFolder, 'weak-keys')),
  }
}

/** What issuers are made with. */
export function getIssuerDependencies({ config, keys, database, clock, hsm }: BaseDependencies) {
  const { authorityKey } = keys
  const { newKeys } = config.authority
  return { database, authorityKey, clock, hsm, newKeys, publicationUrl: config.publication.url }
}

function portalKeys({ authorityKey, gatewayKey, publicationKey, sessionKey }: Secrets): PortalKeys {
  if (authorityKey !== null && gatewayKey !== null && sessionKey !== null)
    return { authorityKey, gatewayKey, publicationKey, sessionKey }
  throw new PosternError('config_invalid', 'The portal needs the keys of authority, gateways and sessions.')
}

/** The token that the configuration names, opened when it is first used; nothing where it names none. */
export function openConfiguredHsm({ authority }: Config, { tokenPin }: Secrets): Hsm | undefined {
  return authority.token === null || tokenPin === null ? undefined : openHsm(authority.token, tokenPin)
}

/** A token that is away stops no start: what does not need it goes on, and it is used when it is back. */
async function assertPinIsRight(hsm: Hsm | undefined, log: BaseDependencies['log']): Promise<void> {
  await hsm?.check().catch((error) => {
    if (!(error instanceof PosternError && error.code === 'issuer_unavailable')) throw error
    log.error({ err: error }, error.message)
  })
}
