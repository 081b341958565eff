import { readFileSync } from 'node:fs'

/** What the test gives to a journey: the account, files of the client, and addresses. */
export interface JourneyInput {
  apiUrl: string
  email: string
  password: string
  newPassword: string
  csr: string
  key: string
  serverCa: string
  path: string
}

/** Reads the input of a journey from the file that the command line names. */
export const readInput = (): JourneyInput => JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))

/** Returns the header Cookie for the cookies that an answer sets. */
export const toCookie = ({ headers }: Response): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

/** Stops a journey at an answer that is an error. */
export function assertAnswered<T>(data: T | undefined, error: unknown): asserts data is T {
  if (data === undefined) throw new Error(JSON.stringify(error))
}

/** Waits until a request may be repeated, as the answer says. */
export const waitAsTold = ({ headers }: Response): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(Number(headers.get('retry-after') ?? 1), 2) * 1000))
