import { hostname } from 'node:os'
import type { Clock } from '../clock.ts'
import { formatCount } from '../contract/format-count.ts'
import type { LostRevocation } from '../contract/lost-revocation.ts'
import type { Log } from '../gateway/log/log.ts'
import type { UsageRecorder } from '../gateway/observation/usage-recorder.ts'
import type { RegistryStore } from '../gateway/registry/registry-store.ts'
import { createReload } from '../gateway/registry/reload-registry.ts'
import type { UsageWriter } from '../telemetry/usage-writer.ts'
import type { SharedDependencies } from './gateway-parts.ts'

const maxNames = 20

/** The dependencies of a gateway's reload. */
interface GatewayReloadDependencies {
  gatewayId: string
  store: RegistryStore
  dependencies: Pick<SharedDependencies, 'registry' | 'connections' | 'tokens' | 'clock'>
  writer: Pick<UsageWriter, 'enterEpoch' | 'reportReturn'>
  recorder: Pick<UsageRecorder, 'enterEpoch' | 'enforce'>
  /** The epochs of the store that were known at the start. */
  known: readonly string[]
  loadOthers(): Promise<void>
  onIssuers(): void
  clock: Clock
  log: Log
}

/**
 * Creates the reload of a gateway process: under which name it reports a restored store, and what it tells
 * operators.
 */
export function createGatewayReload(given: GatewayReloadDependencies): ReturnType<typeof createReload> {
  const { gatewayId, store, dependencies, writer, recorder, known, clock, log } = given
  const name = `${hostname()}, process ${process.pid}`
  return createReload({
    ...{ store, dependencies, known, loadOthers: given.loadOthers, onIssuers: given.onIssuers },
    listUsedAssertions: dependencies.tokens.listUsedAssertions,
    epochs: {
      enter: (ids) => writer.enterEpoch({ known: ids, noticedBy: `gateway ${name}` }),
      report: (report) => writer.reportReturn({ ...report, gateway: name }),
    },
    onRevocationApplied({ id, fingerprint }, connections) {
      recorder.enforce({ certificateId: id, at: clock.now(), connections })
      dependencies.tokens.forget(Buffer.from(fingerprint, 'hex').toString('base64url'))
    },
    onEpoch: recorder.enterEpoch,
    onReturn: (epochId, endings) =>
      log.error(
        { gateway: gatewayId, epoch: epochId, ...countLostRevocations(endings) },
        describeRestore(endings),
      ),
  })
}

/** Counts the entries of each kind. */
const countLostRevocations = (endings: readonly LostRevocation[]): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(endings, ({ kind }) => kind)].map(([kind, ofKind]) => [kind, ofKind.length]),
  )

function describeRestore(endings: readonly LostRevocation[]): string {
  const revoked = endings.filter(({ kind }) => kind === 'certificate_revoked').map(({ name }) => name)
  const unknown = endings.filter(({ kind }) => kind === 'certificate_unknown').map(({ name }) => name)
  return [
    'The store went back to an older state.',
    `${count(revoked, 'certificate')} that it calls valid had been revoked${list(revoked)}: this gateway keeps denying ${revoked.length === 1 ? 'it' : 'them'}, and the portal revokes ${revoked.length === 1 ? 'it' : 'them'} again.`,
    `${count(unknown, 'certificate')} that this gateway knew ${unknown.length === 1 ? 'is' : 'are'} not in the store${list(unknown)}: calls with them are denied.`,
    'Operate, Gateways shows all of them.',
  ].join(' ')
}

const count = (names: readonly string[], noun: string) => formatCount(names.length, noun)

function list(names: readonly string[]): string {
  if (names.length === 0) return ''
  const more = names.length > maxNames ? `, and ${names.length - maxNames} more` : ''
  return ` (${names.slice(0, maxNames).join(', ')}${more})`
}
