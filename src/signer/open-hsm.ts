import { createPublicKey, webcrypto } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { PosternError } from '../errors.ts'
import { nullValue, octetString, oid, sequence } from '../pki/der/der-writer.ts'
import { oids } from '../pki/der/oids.ts'
import { encodeEcdsaSignature } from '../pki/key/ecdsa-signature.ts'
import type { SignatureAlgorithm } from '../pki/key/signature-algorithm.ts'
import type { Hsm, TokenSettings } from './hsm.ts'
import type { PublicNumbers } from './pkcs11-keys.ts'
import { describeToken, type SignatureScheme } from './pkcs11-token.ts'
import type { TokenReply, TokenRequest } from './pkcs11-worker.ts'

/** Time limit of a request; some tokens take this long for RSA keys. */
const answerMs = 60_000

/**
 * Opens a token of an HSM on first use. PKCS#11 calls block for a device or a network, so the module runs in
 * its own thread, one request after the other: only the caller waits.
 */
export function openHsm(settings: TokenSettings, pin: string): Hsm {
  const { ask, close } = startAsking({ settings, pin })
  return {
    name: describeToken(settings),
    close,
    async check() {
      await ask('check', [])
    },
    async find(id) {
      await ask('find', [id])
    },
    async generate(kind, id, label) {
      return toSpki((await ask('generate', [kind, id, label])) as PublicNumbers)
    },
    async sign(id, algorithm, bytes) {
      const { scheme, data } = await prepare(algorithm, bytes)
      const signature = (await ask('sign', [id, scheme, data])) as Uint8Array
      return scheme === 'ecdsa' ? encodeEcdsaSignature(signature) : signature
    },
  }
}

function startAsking(workerData: { settings: TokenSettings; pin: string }) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let count = 0
  let worker: Worker | undefined

  const start = (): Worker => {
    const started = new Worker(new URL('./pkcs11-worker.ts', import.meta.url), { workerData })
    started.on('message', ({ number, value, failure }: TokenReply) => {
      const request = waiting.get(number)
      waiting.delete(number)
      if (failure === undefined) request?.resolve(value)
      else request?.reject(new PosternError(failure.code, failure.message, { ...failure }))
    })
    const end = (reason: string) => {
      worker = undefined
      for (const request of waiting.values()) request.reject(noAnswer(reason))
      waiting.clear()
    }
    // The timer of a request keeps the process alive, an idle thread does not.
    started.unref()
    started.on('error', (error) => end(error.message))
    started.on('exit', () => end('the thread has ended'))
    return started
  }
  const ask = (act: TokenRequest['act'], input: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      count += 1
      const number = count
      const late = setTimeout(() => {
        waiting.delete(number)
        reject(noAnswer('it took too long'))
      }, answerMs)
      const answered =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(late)
          settle(value)
        }
      waiting.set(number, { resolve: answered(resolve), reject: answered(reject) })
      worker ??= start()
      worker.postMessage({ number, act, input } as TokenRequest)
    })
  return {
    ask,
    async close() {
      const present = worker
      if (present === undefined) return
      await ask('close', []).catch(() => {})
      await present.terminate()
    },
  }
}

const noAnswer = (detail: string) =>
  new PosternError(
    'issuer_unavailable',
    'The token with the keys of the authority does not answer. Ask the operator to look at it.',
    { detail },
  )

function toSpki(numbers: PublicNumbers): Uint8Array {
  const key = createPublicKey({ key: { ...numbers }, format: 'jwk' })
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}

/** Returns the input of the token: a digest for ECDSA, a DigestInfo for RSA (RFC 8017, section 9.2). */
async function prepare(
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
): Promise<{ scheme: SignatureScheme; data: Uint8Array }> {
  const digest = async (name: string) => new Uint8Array(await webcrypto.subtle.digest(name, bytes))
  if (algorithm === 'ecdsa-with-SHA256') return { scheme: 'ecdsa', data: await digest('SHA-256') }
  if (algorithm === 'ecdsa-with-SHA384') return { scheme: 'ecdsa', data: await digest('SHA-384') }
  if (algorithm === 'sha256WithRSAEncryption') {
    const info = sequence(sequence(oid(oids.sha256), nullValue), octetString(await digest('SHA-256')))
    return { scheme: 'rsa', data: info }
  }
  throw new PosternError('issuer_unavailable', `Keys in a token do not sign with ${algorithm}.`)
}
