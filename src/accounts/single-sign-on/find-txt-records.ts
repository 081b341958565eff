import { Resolver } from 'node:dns/promises'

const queryMs = 2000
const maxWaitMs = 5000

/** Returns the TXT records of a name; none if it has none. Throws the error of DNS for other failures. */
export type FindTxtRecords = (name: string) => Promise<string[]>

/** Asks the DNS servers of this machine, for 5 seconds at most. */
export const findTxtRecords: FindTxtRecords = async (name) => {
  const resolver = new Resolver({ timeout: queryMs, tries: 2 })
  const timer = setTimeout(() => resolver.cancel(), maxWaitMs)
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
  } finally {
    clearTimeout(timer)
  }
}
