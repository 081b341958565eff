import { setTimeout as wait } from 'node:timers/promises'
import { operations } from '../../src/contract/operations.ts'
import type { ApiClient } from './api.ts'
import { type KeyAndRequest, makeRequests } from './bulk-requests.ts'

/** What the API has said of a certificate: the last status that it answered with, and the PEM. */
export interface Acknowledged {
  id: string
  name: string
  key: string
  status: string
  pem: string | undefined
}

/** What came of the requests of a load. */
export interface IssuingRecord {
  acknowledged: Acknowledged[]
  /** Status and code of each refusal. */
  refused: string[]
  /** How many requests broke, so that it is not known whether they had their effect. */
  broken: number
  /** The longest that an answer took, milliseconds. */
  longest: number
}

/** Issues certificates and revokes two of three, until it is stopped; writes down what was acknowledged. */
export function startIssuing(client: ApiClient, pool: KeyAndRequest[]) {
  const record: IssuingRecord = { acknowledged: [], refused: [], broken: 0, longest: 0 }
  let stopped = false

  /** Nothing where the connection broke. */
  const ask = async <T>(
    work: Promise<{ status: number; body: T & { code?: string } }>,
  ): Promise<T | undefined> => {
    const began = performance.now()
    try {
      const { status, body } = await work
      if (status < 400) return body
      record.refused.push(`${status} ${body.code}`)
    } catch (error) {
      if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error
      record.broken += 1
    } finally {
      record.longest = Math.max(record.longest, performance.now() - began)
    }
    await wait(50)
    return undefined
  }
  const issueOne = async ({ key, csr }: KeyAndRequest, isToBeRevoked: boolean): Promise<void> => {
    const place = { organization: 'acme', environment: 'production' }
    const draft = await ask(client.send(operations.createCertificate, { params: place, body: {} }))
    if (draft === undefined) return
    const { id, name } = draft
    const known: Acknowledged = { id, name, key, status: draft.status, pem: undefined }
    record.acknowledged.push(known)
    const params = { organization: 'acme', certificateId: id }
    const submitted = await ask(client.send(operations.submitCertificateRequest, { params, body: { csr } }))
    if (submitted === undefined) return
    known.status = submitted.status
    known.pem = submitted.issued?.pem
    if (submitted.status !== 'issued' || !isToBeRevoked) return
    const body = { reason: 'superseded' as const, name }
    const revoked = await ask(client.send(operations.revokeCertificate, { params, body }))
    if (revoked !== undefined) known.status = revoked.status
  }
  const run = async (): Promise<void> => {
    for (let count = 0; !stopped; count++) {
      const [request] = pool.length > 0 ? pool.splice(-1) : await makeRequests(1)
      await issueOne(request as KeyAndRequest, count % 3 !== 0)
    }
  }
  const ended = run()
  return {
    record,
    async stop(): Promise<IssuingRecord> {
      stopped = true
      await ended
      return record
    },
  }
}
