import { resumeIssuance } from '../certificates/issuance/resume-issuance.ts'
import { listServerNames } from '../config/tls-settings.ts'
import { assertKeysServed } from '../signer/assert-keys-served.ts'
import { ensureAuthority } from '../signer/create-authority.ts'
import { ensureDevelopmentTls } from '../signer/development-tls.ts'
import { findClockProblem } from '../storage/find-clock-problem.ts'
import { migrate } from '../storage/migrate.ts'
import { assertRestored, findHold, howToRelease } from '../storage/store-hold.ts'
import type { RestoreWatch } from '../storage/watch-returns.ts'
import { ensureSigningKeys } from '../tokens/signing-key-store.ts'
import { ensureDemo } from './demo.ts'
import type { Dependencies } from './portal-dependencies.ts'
import { type BaseDependencies, getIssuerDependencies } from './portal-ground.ts'

/**
 * Brings the store up to this release, and makes or goes on with what it lacks. Each step may be cut off anywhere, as by
 * a crash, and be done again. Throws `master_key_wrong`, `config_invalid` or `storage_unavailable`.
 */
export async function prepareStore(
  base: BaseDependencies,
  dependencies: Dependencies,
  returns: RestoreWatch,
): Promise<void> {
  const { config, database, hsm, clock, log } = base
  await migrate(database)
  await assertRestored(database.queries)
  await base.journal.start()
  await returns.start()
  await dependencies.idempotency.freeAbandoned()
  const wrongClock = await findClockProblem(database.queries, clock.now())
  if (wrongClock !== undefined) log.error(wrongClock)
  if ((await findHold(database.queries)) !== undefined) log.error(held)
  await ensureKeys(base)
  const signing = config.environments.map(async ({ name }) => ({
    id: (await dependencies.issue.issuers.getSigning(name)).id,
    environment: name,
  }))
  await assertKeysServed(database, hsm, await Promise.all(signing))
  await dependencies.publisher.publishDue()
  if (config.profile === 'development') await printWelcome(base, dependencies)
  else if (!(await dependencies.operators.exists())) log.warn(noOperator)
  await resumeIssuance(dependencies.issue, dependencies.onFailure)
}

const held = `The store was restored from a backup without its journal: what was revoked since then may count as valid. The authority signs nothing, and gateways do not start. ${howToRelease}`

const noOperator =
  'No operator can sign in yet. Run on this machine: postern operator create EMAIL. It prints a link to choose a password.'

async function ensureKeys(base: BaseDependencies): Promise<void> {
  const { config, keys, database, clock } = base
  const { gateway, environments } = config
  await ensureAuthority({ ...getIssuerDependencies(base), environments })
  await ensureSigningKeys(database, environments, keys.gatewayKey, clock)
  const { certificateFile, keyFile, serverCaFile } = gateway
  if (serverCaFile === null) return
  const names = environments.flatMap(listServerNames).map(({ host }) => host)
  const hosts = new Set(['localhost', '127.0.0.1', '::1', ...names])
  await ensureDevelopmentTls({ certificateFile, keyFile, serverCaFile }, [...hosts], clock)
}

/** Makes the demo's organizations and people at the first start, and says how to sign in. */
function printWelcome(
  { config, clock }: BaseDependencies,
  { identity, organizations }: Dependencies,
): Promise<void> {
  const { dataFolder, portal, publication, environments } = config
  return ensureDemo({ identity, organizations, clock }, dataFolder, {
    portal: portal.url,
    gateways: Object.fromEntries(environments.map(({ name, gatewayUrl }) => [name, gatewayUrl])),
    publication: publication.url,
  })
}
