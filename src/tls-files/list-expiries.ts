import { PosternError } from '../errors.ts'
import { readCertificates } from './read-certificates.ts'

/**
 * Returns when the certificates of servers expire, milliseconds since 1970: one time for each file, that of
 * the first certificate of its chain to expire. A file that cannot be read here is left out: a gateway may run
 * on another machine, and says itself what is wrong.
 */
export const listExpiries = (files: readonly { setting: string; certificateFile: string }[]): number[] =>
  [...new Map(files.map((each) => [each.certificateFile, each])).values()].flatMap(
    ({ setting, certificateFile }) => {
      try {
        const chain = readCertificates({ setting: `${setting}.certificate`, path: certificateFile })
        return [Math.min(...chain.map(({ validToDate }) => validToDate.getTime()))]
      } catch (error) {
        if (error instanceof PosternError) return []
        throw error
      }
    },
  )
