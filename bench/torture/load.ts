import { setTimeout as wait } from 'node:timers/promises'
import { createGatewayClient, startCallLoop } from '../../test/support/gateway-client.ts'
import { type Acknowledged, type IssuingRecord, startIssuing } from '../../test/support/issuing-load.ts'
import { withStore } from '../../test/support/users.ts'
import { noFindings, type Outcome } from './fault.ts'
import { callOnce, type Harness, signInAgain } from './harness.ts'

/** What a fault may cause under load. */
export interface Allowance {
  /** API errors that the documentation states for this fault: status and code. */
  refusals?: RegExp
  /** Whether a request on a broken connection may be retried, as by any HTTP client. */
  retries?: number
  /** Responses of the gateway that the documentation states: status and code. */
  calls?: RegExp
  /** The time limit for API responses, seconds. */
  apiSeconds?: number
  /** The time limit for requests to the gateway, seconds. */
  callSeconds?: number
}

const knocks = 8

/**
 * Starts two users who issue and revoke, one client with a keep-alive connection and one with a new
 * connection per request.
 */
export async function startLoad(harness: Harness, allowance: Allowance = {}) {
  const { postern, identity, token } = harness
  const { retries = 0, callSeconds = 5 } = allowance
  const people = await Promise.all([signInAgain(postern), signInAgain(postern)])
  const issuing = people.map((person) => startIssuing(person, []))
  const kept = startCallLoop(postern, identity, { token, retries, pauseMs: 20 })
  const anew = startAnew(harness, retries, callSeconds)
  return {
    /** Stops the load and returns what it found. */
    async stop(): Promise<Outcome & { acknowledged: Acknowledged[] }> {
      const records = await Promise.all(issuing.map((one) => one.stop()))
      const { failures } = await kept.stop()
      const later = await anew.stop()
      const acknowledged = records.flatMap((record) => record.acknowledged)
      const isPromised = (answer: string) => allowance.calls?.test(answer) ?? false
      return {
        acknowledged,
        felt: later.longest,
        lost: await findLost(harness, acknowledged),
        failed: [
          ...[...failures, ...later.failures]
            .filter((answer) => !isPromised(answer))
            .map((it) => `call ${it}`),
          ...records.flatMap(({ refused }) =>
            refused.filter((it) => !(allowance.refusals?.test(it) ?? false)).map((it) => `API ${it}`),
          ),
        ],
        hung: findHung(records, later.longest, allowance),
      }
    },
  }
}

function findHung(
  records: IssuingRecord[],
  maxCall: number,
  { apiSeconds = 10, callSeconds = 5 }: Allowance,
): string[] {
  const hung = records.flatMap(({ longest: { milliseconds, operation } }) =>
    milliseconds > apiSeconds * 1000 ? [`${operation} ${Math.round(milliseconds)} ms`] : [],
  )
  if (maxCall > callSeconds * 1000) hung.push(`call ${Math.round(maxCall)} ms`)
  return hung
}

function startAnew(harness: Harness, retries: number, seconds: number) {
  const record = { failures: [] as string[], longest: 0 }
  let stopped = false
  const callPatiently = async (): Promise<string> => {
    for (let tries = 0; ; tries += 1) {
      const answer = await callOnce(harness, '/payments', seconds * 2)
      if (!answer.startsWith('0') || answer.endsWith('HUNG') || tries >= retries) return answer
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped) {
      const began = performance.now()
      const answer = await callPatiently()
      record.longest = Math.max(record.longest, performance.now() - began)
      if (answer !== '200') record.failures.push(`${answer} anew`)
      await wait(30)
    }
  }
  const ended = run()
  return {
    async stop() {
      stopped = true
      await ended
      return record
    },
  }
}

const laterThan: Record<string, string[]> = {
  draft: ['draft', 'pending', 'issued', 'revoked'],
  pending: ['pending', 'issued', 'revoked'],
  issued: ['issued', 'revoked'],
}

/** Returns what was acknowledged and is not in the store, and what was revoked and is accepted. */
export async function findLost(harness: Harness, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const rows = await withStore(harness.postern, ({ queries }) =>
    queries.selectFrom('certificates').select(['id', 'status']).execute(),
  )
  const statuses = new Map(rows.map(({ id, status }) => [id, status]))
  const lost = acknowledged.flatMap(({ id, status }) => {
    const now = statuses.get(id) ?? 'nothing'
    return (laterThan[status] ?? [status]).includes(now) ? [] : [`${id}: ${status}, now ${now}`]
  })
  const revoked = acknowledged.filter(({ status, pem }) => status === 'revoked' && pem !== undefined)
  await wait(2000)
  for (const { id, key, pem } of revoked.slice(-knocks)) {
    const client = createGatewayClient(harness.postern, { key, cert: pem ?? '' })
    const { status, code } = await client.get('/whoami')
    client.close()
    if (code !== 'certificate_revoked') lost.push(`${id}: revoked, and the gateway said ${status} ${code}`)
  }
  return lost
}

/**
 * Runs `cause` under load and returns what the load found; the duration is that of `cause`, or of the longest
 * request.
 */
export async function underLoad(
  harness: Harness,
  allowance: Allowance,
  cause: () => Promise<number | undefined>,
): Promise<Outcome> {
  const load = await startLoad(harness, allowance)
  const found = noFindings()
  await wait(300 + Math.random() * 700)
  let felt: number | undefined
  try {
    felt = await cause()
  } catch (error) {
    found.hung.push((error as Error).message)
  }
  await wait(500)
  const { acknowledged: _, ...outcome } = await load.stop()
  return { ...outcome, hung: [...found.hung, ...outcome.hung], felt: felt ?? outcome.felt }
}
