import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { PosternError } from '../../errors.ts'

/** What an operator is asked, unless the command line already says it. */
export interface Question {
  /** The option of the command line, in camel case. */
  name: string
  text: string
  /** The answer of an empty line; without it an answer is required. */
  standard?: string
  /** Whether what is typed is not shown. */
  isSecret?: boolean
  /** Returns what is wrong with an answer. */
  findProblem?(answer: string): string | undefined
}

const toFlag = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** Asks on standard error, and reads answers from standard input: typed ones, or lines of a script. */
export function createAsker(given: Readonly<Record<string, string | undefined>>, input = process.stdin) {
  let isMuted = false
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!isMuted) process.stderr.write(chunk)
      done()
    },
  })
  const lines = createInterface({ input, output, terminal: input.isTTY === true })
  const next = lines[Symbol.asyncIterator]()

  const read = async ({ name, text, standard, isSecret = false }: Question): Promise<string> => {
    process.stderr.write(`${text}${standard ? ` [${standard}]` : ''}: `)
    isMuted = isSecret
    const { value, done } = await next.next()
    isMuted = false
    if (isSecret) process.stderr.write('\n')
    if (done)
      throw new PosternError('bad_request', `${text}: there is no answer. Give it with ${toFlag(name)}.`)
    return String(value).trim()
  }
  return {
    /** Returns the answer of the command line or of the operator. Throws `bad_request`. */
    async ask(question: Question): Promise<string> {
      const { name, text, standard, findProblem } = question
      const flag = given[name]
      for (;;) {
        const typed = flag ?? (await read(question))
        const answer = typed === '' ? standard : typed
        const problem = answer === undefined ? 'an answer is needed' : findProblem?.(answer)
        if (problem === undefined) return answer as string
        // Only a person can answer once more.
        if (flag !== undefined || !input.isTTY)
          throw new PosternError('bad_request', `${text} (${toFlag(name)}): ${problem}.`)
        process.stderr.write(`${problem}.\n`)
      }
    },
    close: () => lines.close(),
  }
}

export type Asker = ReturnType<typeof createAsker>
