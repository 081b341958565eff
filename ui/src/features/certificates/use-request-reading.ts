import { useRef, useState } from 'react'
import { PosternError } from '../../../../src/errors.ts'
import type { KeyPolicy } from '../../../../src/pki/key/public-key.ts'
import type { Subject } from '../../../../src/pki/name/subject.ts'
import type { ReadRequest } from './read-request.ts'

/** The result of parsing the user's input. */
export type Reading =
  | { state: 'none' }
  | { state: 'good'; request: ReadRequest }
  | { state: 'bad'; message: string }
  | { state: 'privateKey'; message: string }

/**
 * Edits a CSR, which is parsed immediately. A private key is removed from the field immediately and stored
 * nowhere.
 */
export function useRequestReading(policy: KeyPolicy, subject: Subject) {
  const [text, setText] = useState('')
  const [reading, setReading] = useState<Reading>({ state: 'none' })
  const turn = useRef(0)
  const read = async (input: string | Uint8Array): Promise<void> => {
    turn.current += 1
    const own = turn.current
    if (typeof input === 'string') setText(input)
    if (typeof input === 'string' && input.trim() === '') return setReading({ state: 'none' })
    const next = await judge(input, policy, subject)
    // Later input is parsed later; the result of earlier input is dropped.
    if (own !== turn.current) return
    setReading(next)
    if (next.state === 'privateKey') setText('')
    else if (next.state === 'good' && typeof input !== 'string') setText(next.request.pem)
    else if (typeof input !== 'string') setText('')
  }
  return { text, reading, read }
}

async function judge(input: string | Uint8Array, policy: KeyPolicy, subject: Subject): Promise<Reading> {
  // Only this step parses CSRs, and only after there is input, so the parser is loaded then.
  const { readRequest } = await import('./read-request.ts')
  try {
    return { state: 'good', request: await readRequest(input, policy, subject) }
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    const state = error.code === 'csr_is_private_key' ? 'privateKey' : 'bad'
    return { state, message: error.message }
  }
}
