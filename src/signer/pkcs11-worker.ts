import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { PosternCode } from '../contract/postern-code.ts'
import { PosternError } from '../errors.ts'
import { loadPkcs11 } from './load-pkcs11.ts'
import { openToken, type Token } from './pkcs11-token.ts'

type Act = 'check' | 'find' | 'generate' | 'sign' | 'close'

/** A request to the thread; the reply carries the same number. */
export type TokenRequest = {
  [A in Act]: { number: number; act: A; input: Parameters<Token[A]> }
}[Act]

/** Why a request failed, as it goes between threads. */
interface TokenFailure {
  code: PosternCode
  message: string
  detail: string | undefined
}

/** The reply to a request: its result, or the reason of its failure. */
export interface TokenReply {
  number: number
  value?: unknown
  failure?: TokenFailure
}

const port = parentPort as MessagePort
let opened: Token | undefined

port.on('message', ({ number, act, input }: TokenRequest) => {
  const reply: TokenReply = { number }
  try {
    opened ??= openToken(loadPkcs11(), workerData.settings, workerData.pin)
    reply.value = (opened[act] as (...given: unknown[]) => unknown)(...input)
  } catch (error) {
    reply.failure = toFailure(error)
  }
  port.postMessage(reply)
})

function toFailure(error: unknown): TokenFailure {
  if (error instanceof PosternError) {
    const { code, message, detail } = error
    return { code, message, detail }
  }
  const detail = error instanceof Error ? error.message : String(error)
  return { code: 'internal_error', message: 'The token could not be used.', detail }
}
