import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { makeFitting } from '../../test/support/fitting-values.ts'
import { openPortalDoor, type PortalDoor } from '../../test/support/open-portal-door.ts'
import { isLive, type Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { PosternError } from '../errors.ts'
import { CookieReply } from './handler.ts'

const all = Object.values<Operation>(operations).map((operation) => [operation.id, operation] as const)
const schemaOf = ({ reply }: Operation): z.ZodType | undefined =>
  reply !== null && 'safeParse' in reply ? reply : undefined
const withSchema = all.filter(([, operation]) => schemaOf(operation) !== undefined)
const secret = 'scrypt-of-a-secret'
const row = { secretHash: secret, cookies: [`session=${secret}`], events: [secret] }

let door: PortalDoor
beforeAll(async () => {
  door = await openPortalDoor()
})
afterAll(() => door.close())

/** What a handler gives that hands over a row as it was read, at every place of the answer. */
function withRows(operation: Operation): unknown {
  const { reply } = operation
  const schema = schemaOf(operation)
  if (schema !== undefined) return makeFitting(schema, 'output', { more: row })
  if (reply === null) return row
  if ('events' in reply)
    return {
      ...row,
      events: [{ event: makeFitting(reply.events, 'output', { more: row }), ...row }].values(),
    }
  const [mediaType] = (reply as { mediaTypes: string[] }).mediaTypes
  return { ...row, mediaType, fileName: 'acme-0001.pem', bytes: Buffer.from('file') }
}

test.each(all)('%s answers nothing that its description does not have', async (_, operation) => {
  door.answerWith(() => withRows(operation))
  const response = await door.send(operation)
  expect(response.statusCode).toBe(operation.status ?? 200)
  expect(response.body + JSON.stringify(response.headers)).not.toContain(secret)
  const schema = schemaOf(operation)
  if (schema !== undefined) expect(response.json()).toEqual(makeFitting(schema, 'output'))
  if (operation.reply === null) expect(response.body).toBe('')
})

test.each(withSchema)(
  '%s gives no half answer where a member is missing or of another type',
  async (_, operation) => {
    const fitting = makeFitting(schemaOf(operation) as z.ZodType, 'output') as Record<string, unknown>
    for (const [index, name] of Object.keys(fitting).entries()) {
      const broken = { ...fitting, [name]: index % 2 === 0 ? undefined : { [secret]: secret } }
      door.readLog()
      door.answerWith(() => new CookieReply(['session=1'], broken))
      const response = await door.send(operation)
      expect([name, response.statusCode]).toEqual([name, 500])
      expect(response.headers['set-cookie']).toBeUndefined()
      const { code, traceId } = response.json()
      expect(code).toBe('internal_error')
      const logged = door.readLog().filter((line) => line.traceId === traceId)
      expect(logged).toMatchObject([{ level: 50, err: { message: expect.stringContaining(operation.id) } }])
      expect(JSON.stringify(logged)).toContain(name)
      expect(response.body + JSON.stringify(logged)).not.toContain(secret)
    }
  },
)

describe('a file', () => {
  const file = { mediaType: 'application/zip', fileName: 'a.zip', bytes: Buffer.from('file') }

  test('has its documented media type and its name', async () => {
    door.answerWith(() => file)
    const { headers, body } = await door.send(operations.downloadEvidence)
    expect([headers['content-type'], headers['content-disposition'], body]).toEqual([
      'application/zip',
      'attachment; filename="a.zip"',
      'file',
    ])
  })

  test.each([
    ['another media type', { ...file, mediaType: 'text/html' }],
    ['a name that ends the header', { ...file, fileName: 'a"\r\nset-cookie: x=1' }],
    ['no octets', { ...file, bytes: 'file' }],
    ['a row in its place', { secretHash: secret }],
  ])('with %s is no answer', async (_, broken) => {
    door.answerWith(() => broken)
    const response = await door.send(operations.downloadEvidence)
    expect([response.statusCode, response.json().code]).toEqual([500, 'internal_error'])
  })
})

describe('a live answer', () => {
  const about = {
    ...{ id: null, time: '2027-03-04T08:00:00.000Z', organization: 'acme', environment: 'production' },
    subject: { kind: 'certificate', id: 'cert_1', name: 'acme-0001' },
  }
  const opened = { ...about, type: 'stream.opened', data: {} }
  const withState = (data: object) => ({ ...about, type: 'certificate.state_changed', data })
  const state = { status: 'issued', lastUsedAt: null, lastDeniedAt: null }

  test('writes each event as its description has it', async () => {
    door.answerWith(() => ({
      events: [
        { event: { ...opened, ...row }, position: 'act_1', ...row },
        undefined,
        { event: { ...withState({ ...state, ...row }), ...row }, ...row },
      ].values(),
    }))
    const response = await door.send(operations.streamCertificateActivity)
    expect(response.headers['content-type']).toBe('text/event-stream')
    expect(response.body).toBe(
      [
        `id: act_1\nevent: stream.opened\ndata: ${JSON.stringify(opened)}\n\n`,
        ':\n\n',
        `event: certificate.state_changed\ndata: ${JSON.stringify(withState(state))}\n\n`,
      ].join(''),
    )
  })

  test('ends at an event that does not fit, and the log says where', async () => {
    door.readLog()
    door.answerWith(() => ({
      events: [opened, withState({ ...state, lastUsedAt: secret }), withState(state)]
        .map((event) => ({ event }))
        .values(),
    }))
    await expect(door.send(operations.streamCertificateActivity)).rejects.toThrow()
    const logged = JSON.stringify(door.readLog())
    expect(logged).toContain('streamCertificateActivity does not fit its description: data.lastUsedAt')
    expect(logged).not.toContain(secret)
  })
})

test.each(all)('%s keeps the detail of an error for the log', async (_, operation) => {
  if (isLive(operation.reply)) return
  door.answerWith(() => {
    throw new PosternError('issuer_unavailable', 'The issuer is away.', {
      detail: secret,
      cause: new Error(secret),
    })
  })
  door.readLog()
  const response = await door.send(operation)
  expect(response.json()).toEqual({
    ...{ title: 'The issuing CA is not available', status: 503 },
    type: 'http://localhost/help/errors/issuer_unavailable',
    ...{ code: 'issuer_unavailable', detail: 'The issuer is away.', traceId: expect.any(String) },
  })
  expect(response.body + JSON.stringify(response.headers)).not.toContain(secret)
  expect(door.readLog()[0]).toMatchObject({ traceId: response.json().traceId, err: { detail: secret } })
})
