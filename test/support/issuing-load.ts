import { setTimeout as wait } from 'node:timers/promises'
import type { Operation, Reply, Sent } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import type { ApiClient } from './api.ts'
import { type KeyAndRequest, makeRequests } from './bulk-requests.ts'

/** What the API has reported about a certificate: its last status, and the PEM. */
export interface Acknowledged {
  id: string
  name: string
  key: string
  status: string
  pem: string | undefined
}

/** The results of a load. */
export interface IssuingRecord {
  acknowledged: Acknowledged[]
  /** Status and code of each error response. */
  refused: string[]
  /** How many requests broke, so that their effect is unknown. */
  broken: number
  /** The slowest response in milliseconds, and its operation. */
  longest: { milliseconds: number; operation: string }
}

/** Issues certificates and revokes two of three until it is stopped; records what was acknowledged. */
export function startIssuing(client: ApiClient, pool: KeyAndRequest[]) {
  const record: IssuingRecord = {
    acknowledged: [],
    refused: [],
    broken: 0,
    longest: { milliseconds: 0, operation: '' },
  }
  let stopped = false

  /** Returns the response body; undefined if the request failed or the connection broke. */
  const ask = async <O extends Operation>(
    operation: O,
    input: Partial<Sent<O>>,
  ): Promise<Reply<O> | undefined> => {
    const began = performance.now()
    try {
      const { status, body } = await client.send(operation, input)
      if (status < 400) return body
      record.refused.push(`${status} ${body.code}`)
    } catch (error) {
      if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error
      record.broken += 1
    } finally {
      const milliseconds = performance.now() - began
      if (milliseconds > record.longest.milliseconds)
        record.longest = { milliseconds, operation: operation.id }
    }
    await wait(50)
    return undefined
  }
  const issueOne = async ({ key, csr }: KeyAndRequest, isToBeRevoked: boolean): Promise<void> => {
    const place = { organization: 'acme', environment: 'production' }
    const draft = await ask(operations.createCertificate, { params: place, body: {} })
    if (draft === undefined) return
    const { id, name } = draft
    const known: Acknowledged = { id, name, key, status: draft.status, pem: undefined }
    record.acknowledged.push(known)
    const params = { organization: 'acme', certificateId: id }
    const submitted = await ask(operations.submitCsr, { params, body: { csr } })
    if (submitted === undefined) return
    known.status = submitted.status
    known.pem = submitted.issued?.pem
    if (submitted.status !== 'issued' || !isToBeRevoked) return
    const body = { reason: 'superseded' as const, name }
    const revoked = await ask(operations.revokeCertificate, { params, body })
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
