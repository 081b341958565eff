import { statSync } from 'node:fs'
import type { KeyPairFiles } from '../../tls-files/read-key-pair.ts'
import type { Log } from '../log/log.ts'

const pollMs = 5000

/**
 * Reloads server certificates when one of their files changes, and repeatedly while one of them is unusable:
 * it may be partially written, the other file may follow, or it is not valid yet. A problem is logged once,
 * and so is its end. `readFiles` returns one sentence for each unusable pair. Returns the function that stops
 * it.
 */
export function watchServerFiles(
  servers: readonly KeyPairFiles[],
  readFiles: () => string[],
  log: Log,
): () => void {
  let told = new Set<string>()
  const read = () => {
    const problems = new Set(readFiles())
    for (const problem of problems)
      if (!told.has(problem))
        log.error({}, `${problem} The server certificate in use stays until the files can be used.`)
    if (problems.size === 0 && told.size > 0)
      log.warn({}, 'The files of the server certificates can be used again and are in use.')
    told = problems
  }
  // Whichever of the two is replaced last.
  const files = [...new Set(servers.flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]))]
  // Before this returns: `watchFile` would begin with the file of a moment later, and miss what came in between.
  let known = describeFiles(files)
  const timer = setInterval(() => {
    const found = describeFiles(files)
    if (found === known && told.size === 0) return
    known = found
    read()
  }, pollMs)
  return () => clearInterval(timer)
}

/** Returns what differs after one of the files was replaced or written, or cannot be read any more. */
const describeFiles = (files: readonly string[]): string => files.map(describeFile).join()

function describeFile(file: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true })
    return [dev, ino, size, mtimeNs].join(' ')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ''
  }
}
