import { randomBytes } from 'node:crypto'
import type { Operation } from '../contract/operation.ts'
import { PosternError } from '../errors.ts'
import type { IdempotencyStore, Secrets } from '../storage/idempotency-store.ts'
import type { Tx } from '../storage/transact.ts'
import type { Request } from './handler.ts'
import type { Outcome } from './outcome.ts'

const renewMs = 10_000
/** A string of RFC 9651, section 3.3.3, or the same without quotation marks, as many clients send it. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"$/
const bare = /^[\w.~:+/=-]{1,255}$/

/** Reads the `Idempotency-Key` of a request; undefined if there is none. Throws `idempotency_key_invalid`. */
function readIdempotencyKey(headers: Headers): string | undefined {
  const value = headers.get('idempotency-key')?.trim()
  if (value === undefined) return undefined
  if (bare.test(value)) return value
  const [, inner] = quoted.exec(value) ?? []
  if (inner !== undefined) return inner.replaceAll(/\\(["\\])/g, '$1')
  throw new PosternError(
    'idempotency_key_invalid',
    'The header Idempotency-Key has to be one string of 1 to 255 ASCII characters in quotation marks. Use a new UUID for each request.',
  )
}

/** One request with an idempotency key. */
export interface Keeper {
  /** Records what the request has created in the transaction that creates it. */
  recordChange(tx: Tx, subjectId: string): Promise<void>
  /** Takes the members of the answer that nothing can read again, before the change is made. */
  keepSecrets(secrets: Secrets): void
  /** Answers the request: by `change` for the first one, and for each equal one as the first was answered. */
  run(change: () => Promise<Outcome>): Promise<Outcome>
}

/**
 * Returns what answers a request with an idempotency key once (draft-ietf-httpapi-idempotency-key-header-07); undefined
 * for a request without a key. Errors are not kept: nothing was changed, and the request can be sent again.
 * `readAgain` answers for a request that was cut off between its change and its answer.
 */
export function answerOnce(
  store: IdempotencyStore,
  { id }: Operation,
  { actor, params, headers, body }: Request<Operation>,
  readAgain: (subjectId: string, secrets: Secrets) => Promise<Outcome>,
): Keeper | undefined {
  const key = readIdempotencyKey(headers)
  if (key === undefined) return undefined
  const request = { principal: actor.id, address: `${id} ${JSON.stringify(params ?? {})}`, key, body }
  const token = randomBytes(16).toString('base64url')
  let secrets: Secrets = {}
  let record = async (_tx: Tx, _subjectId: string): Promise<void> => {}
  return {
    recordChange: (tx, subjectId) => record(tx, subjectId),
    keepSecrets(given) {
      secrets = given
    },
    async run(change) {
      const found = await store.claim(request, token)
      if (found.state === 'answered') {
        const { status, headers: kept, body: result } = found.answer
        return { status, headers: { ...kept, 'idempotent-replayed': 'true' }, result }
      }
      const { claim } = found
      record = (tx, subjectId) => store.recordChange(tx, claim, subjectId, secrets)
      const timer = setInterval(() => store.renew(claim).catch(() => {}), renewMs)
      try {
        const outcome = await (found.state === 'changed'
          ? readAgain(found.subjectId, found.secrets)
          : change())
        const { status, headers: kept, result } = outcome
        // Without a kept answer, the next equal request reads what this one has created.
        await store.keep(claim, { status, headers: kept, body: result }).catch(() => store.release(claim))
        return outcome
      } catch (error) {
        await store.release(claim).catch(() => {})
        throw error
      } finally {
        clearInterval(timer)
      }
    },
  }
}
