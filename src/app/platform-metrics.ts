import { Gauge, type Registry } from 'prom-client'
import type { AuditStore } from '../audit/audit-store.ts'
import { type CertificateCount, countCertificates } from '../certificates/count-certificates-store.ts'
import type { Clock } from '../clock.ts'
import type { SourceListStore } from '../external-status/source-list-store.ts'
import { inTime } from '../monitoring/store-times.ts'
import type { PlatformDependencies } from '../platform/platform-routes.ts'
import type { Database } from '../storage/database.ts'
import type { AuditExport } from './portal-audit-export.ts'

/** What is read from the store is read again after this time, however often someone asks. */
const stateMs = 15_000
/** Enough to see that something grows. */
const maxCount = 200
/** Bounds of the series of one metric, far above what a configuration usually has. */
const maxStatuses = 150
const maxEnvironments = 50

interface PortalState {
  approvals: number
  confirmations: number
  givenUp: number
  emails: { waiting: number; failing: number; oldestAt: number | null }
  auditHead: number
  exports: readonly { target: string; rows: number; seconds: number }[]
  certificates: CertificateCount[]
  sources: Readonly<Record<'current' | 'failing' | 'ended', number>>
  authorities: Awaited<ReturnType<PlatformDependencies['listAuthorities']>>
  gateways: Awaited<ReturnType<PlatformDependencies['listGateways']>>
}

interface StoreState {
  database: Pick<Database, 'aside'>
  clock: Clock
}

interface AuditState {
  externalStatus: { sources: Pick<SourceListStore, 'count'> }
  audit: Pick<AuditStore, 'findEnd'>
  auditExport: Pick<AuditExport, 'listLags'>
}

/** Reads the state of the store once for all who ask within a while; undefined while it does not answer. */
function createStateReader(
  { database, clock }: StoreState,
  platform: PlatformDependencies,
  { audit, auditExport, externalStatus }: AuditState,
): () => Promise<PortalState | undefined> {
  const read = async (): Promise<PortalState> => {
    const lags = await auditExport.listLags()
    const emails = await platform.countWaitingEmails(maxCount)
    return {
      approvals: (await platform.countApprovals(maxCount)).count,
      confirmations: (await platform.countConfirmations(maxCount)).count,
      givenUp: (await platform.countGivenUpTasks(maxCount)).count,
      emails: { waiting: emails.count, failing: emails.failing, oldestAt: emails.since },
      auditHead: (await audit.findEnd()).sequence,
      exports: lags.map(({ target, rows, since }) => ({
        ...{ target, rows },
        seconds: since === null ? 0 : Math.max(0, clock.now() - since) / 1000,
      })),
      certificates: await countCertificates(database),
      sources: await externalStatus.sources.count(clock.now()),
      authorities: await platform.listAuthorities(),
      gateways: await platform.listGateways(),
    }
  }
  let reading: Promise<PortalState | undefined> | undefined
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    // A store that hangs is not asked again before it has answered.
    if (reading === undefined || performance.now() - readAt > stateMs) {
      readAt = Number.POSITIVE_INFINITY
      reading = read()
        .catch(() => undefined)
        .finally(() => {
          readAt = performance.now()
        })
    }
    return inTime(reading)
  }
}

/** How each number is taken from the state; a label beside its value where there are several. */
type Values = (state: PortalState) => readonly (readonly [Record<string, string>, number])[]

const one = (value: (state: PortalState) => number): Values => {
  return (state) => [[{}, value(state)]]
}

const stateGauges: readonly { name: string; help: string; labelNames?: string[]; values: Values }[] = [
  {
    name: 'postern_approvals_waiting',
    help: 'Requests that wait for an operator, counted to 200.',
    values: one(({ approvals }) => approvals),
  },
  {
    name: 'postern_confirmations_waiting',
    help: 'Acts that wait for a second operator, counted to 200.',
    values: one(({ confirmations }) => confirmations),
  },
  {
    name: 'postern_jobs_given_up',
    help: 'Jobs that failed permanently and are kept, counted to 200.',
    values: one(({ givenUp }) => givenUp),
  },
  {
    name: 'postern_emails_waiting',
    help: 'Emails that wait to be sent, counted to 200.',
    values: one(({ emails }) => emails.waiting),
  },
  {
    name: 'postern_emails_failing',
    help: 'Waiting emails that the mail server has not accepted so far.',
    values: one(({ emails }) => emails.failing),
  },
  {
    name: 'postern_emails_oldest_timestamp_seconds',
    help: 'Since when the first of the waiting emails waits; absent if none waits.',
    values: ({ emails }) => (emails.oldestAt === null ? [] : [[{}, emails.oldestAt / 1000]]),
  },
  {
    name: 'postern_audit_head_sequence',
    help: 'The number of the last row of the audit log.',
    values: one(({ auditHead }) => auditHead),
  },
  {
    name: 'postern_audit_export_lag_rows',
    help: 'How many rows of the audit log a target of the export does not have yet.',
    labelNames: ['target'],
    values: ({ exports }) => exports.map(({ target, rows }) => [{ target }, rows]),
  },
  {
    name: 'postern_audit_export_lag_seconds',
    help: 'For how long the first of them has waited; 0 if none waits.',
    labelNames: ['target'],
    values: ({ exports }) => exports.map(({ target, seconds }) => [{ target }, seconds]),
  },
  {
    name: 'postern_certificates',
    help: 'Certificates of all organizations by status.',
    labelNames: ['environment', 'status'],
    values: ({ certificates }) =>
      certificates
        .slice(0, maxStatuses)
        .map(({ environment, status, count }) => [{ environment, status }, count]),
  },
  {
    name: 'postern_external_status_sources',
    help: 'CRLs and OCSP responses of other CAs that are asked for, by whether the last answer holds.',
    labelNames: ['state'],
    values: ({ sources }) => Object.entries(sources).map(([state, count]) => [{ state }, count]),
  },
  {
    name: 'postern_crl_this_update_timestamp_seconds',
    help: 'When the oldest of the newest CRLs of an environment was made.',
    labelNames: ['environment'],
    values: ({ authorities }) =>
      smallest(authorities, ({ environment, list }) => [environment, list?.thisUpdate]),
  },
  {
    name: 'postern_crl_next_update_timestamp_seconds',
    help: 'When the first of the newest CRLs of an environment expires.',
    labelNames: ['environment'],
    values: ({ authorities }) =>
      smallest(authorities, ({ environment, list }) => [environment, list?.nextUpdate]),
  },
  {
    name: 'postern_ca_not_after_timestamp_seconds',
    help: 'When the first CA that signs for an environment expires.',
    labelNames: ['environment'],
    values: ({ authorities }) =>
      smallest(authorities, ({ environment, notAfter, signs }) => [
        environment,
        signs ? notAfter : undefined,
      ]),
  },
  {
    name: 'postern_gateways',
    help: 'Gateway processes of all hosts, as they report to the store.',
    labelNames: ['state'],
    values: ({ gateways }) =>
      [...Map.groupBy(gateways, ({ state }) => state)].map(([state, all]) => [{ state }, all.length]),
  },
]

/** The smallest time of each environment; `root` stands for what belongs to none. */
function smallest<T>(
  all: readonly T[],
  find: (one: T) => readonly [string | null, number | undefined],
): readonly (readonly [Record<string, string>, number])[] {
  const found = new Map<string, number>()
  for (const each of all) {
    const [environment, at] = find(each)
    const name = environment ?? 'root'
    if (at !== undefined) found.set(name, Math.min(at, found.get(name) ?? at))
  }
  return [...found].slice(0, maxEnvironments).map(([environment, at]) => [{ environment }, at / 1000])
}

/** Adds what the store says of the platform as a whole. */
export function addPlatformState(
  registry: Registry,
  store: StoreState,
  platform: PlatformDependencies,
  audit: AuditState,
): void {
  const read = createStateReader(store, platform, audit)
  for (const { name, help, labelNames = [], values } of stateGauges)
    new Gauge({
      ...{ name, help, labelNames, registers: [registry], aggregator: 'max' },
      async collect() {
        const state = await read()
        this.reset()
        // A reset leaves 0 where there are no labels.
        if (labelNames.length === 0) this.remove()
        if (state === undefined) return
        for (const [labels, value] of values(state)) this.set(labels, value)
      },
    })
}
