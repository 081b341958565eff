import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { operations } from '../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../test/support/api.ts'
import { createTestCredential, issueCertificate } from '../test/support/certificates.ts'
import type { RunningPostern } from '../test/support/postern.ts'
import { openCallLoad } from './call-load.ts'
import { bigSlug } from './fill-portal-store.ts'
import { type Load, putUnderLoad } from './http-load.ts'

/** What processes have after garbage was collected, bytes. */
interface Memory {
  /** The JavaScript heap and what it refers to outside. */
  live: number
  rss: number
}

/** How much was asked so far. */
export interface TrafficCounts {
  calls: number
  connections: number
  tokens: number
  pages: number
  issued: number
}

/** Each page is asked by one of two users, who may make 1,200 requests in a minute. */
const pagePauseMs = 100
const pagesPerCertificate = 20

/** Opens mixed traffic: calls, new connections, tokens, pages of the portal, certificates that are issued and revoked. */
export async function openTraffic(postern: RunningPostern, seconds: number) {
  const admin = await signInFirst(postern, 'admin@acme.example')
  const operator = await signInFirst(postern, 'operator@postern.example')
  const asked = { environment: 'production', path: () => '/payments', seconds }
  const calls = { ...(await openCallLoad(postern, admin, asked)), connections: 8 }
  const tokens = await toTokenLoad(calls, admin)
  const counts: TrafficCounts = { calls: 0, connections: 0, tokens: 0, pages: 0, issued: 0 }
  return {
    counts,
    /** Has traffic for these seconds. */
    async run(): Promise<void> {
      const count = async (name: 'calls' | 'connections' | 'tokens', load: Load) => {
        counts[name] += (
          await putUnderLoad(load).catch((error) => {
            throw new Error(`the load of ${name} ended`, { cause: error })
          })
        ).answers
      }
      await Promise.all([
        count('calls', calls),
        count('connections', { ...calls, connections: 1, keepsAlive: false }),
        count('tokens', tokens),
        askPortal([admin, operator], seconds, counts),
      ])
    },
  }
}

async function toTokenLoad(calls: Load, admin: ApiClient): Promise<Load> {
  const { clientId, clientSecret } = await createTestCredential(admin, 'acme')
  const body = 'grant_type=client_credentials'
  const request = [
    'POST /token HTTP/1.1',
    'Host: localhost',
    `Authorization: Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ]
  const bytes = Buffer.from([...request, '', body].join('\r\n'))
  return { ...calls, connections: 1, next: () => bytes }
}

async function askPortal(
  [admin, operator]: [ApiClient, ApiClient],
  seconds: number,
  counts: TrafficCounts,
): Promise<void> {
  const params = { organization: 'acme', environment: 'production' }
  const big = { organization: bigSlug, environment: 'production' }
  const pages = [
    () => admin.call(operations.listCertificates, { params, query: {} }),
    () => operator.call(operations.listCertificates, { params: big, query: {} }),
    () => operator.call(operations.listRotations, { params: big, query: {} }),
    () => operator.call(operations.listActivity, { params: big, query: {} }),
    () => admin.call(operations.listCredentials, { params, query: {} }),
    () => operator.call(operations.listOrganizations, { query: {} }),
  ]
  const end = performance.now() + seconds * 1000
  for (let index = 0; performance.now() < end; index += 1) {
    await pages[index % pages.length]?.()
    counts.pages += 1
    if (index % pagesPerCertificate === 0) {
      const { certificate, files } = await issueCertificate(admin, 'acme')
      rmSync(files.folder, { recursive: true })
      await admin.call(operations.revokeCertificate, {
        params: { organization: 'acme', certificateId: certificate.id },
        body: { reason: 'superseded', name: certificate.name },
      })
      counts.issued += 1
    }
    await wait(pagePauseMs)
  }
}

/** Collects the garbage of a process that `report-memory.ts` was loaded into, and returns what is left. */
export async function readMemory(folder: string, processId: number): Promise<Memory> {
  const file = join(folder, String(processId))
  rmSync(file, { force: true })
  process.kill(processId, 'SIGUSR2')
  for (;;) {
    await wait(200)
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  }
}

/** Returns how much a straight line through `numbers` rises from the first to the last, as a share of their mean. */
export function findGrowth(numbers: readonly number[]): number {
  const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  const middle = (numbers.length - 1) / 2
  const slope =
    numbers.reduce((sum, one, index) => sum + (index - middle) * (one - mean), 0) /
    numbers.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
  return (slope * (numbers.length - 1)) / mean
}
