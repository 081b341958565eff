import { unwatchFile, watchFile } from 'node:fs'
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
  const files = new Set(servers.flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]))
  for (const file of files) watchFile(file, { interval: pollMs }, read)
  const timer = setInterval(() => told.size > 0 && read(), pollMs)
  return () => {
    clearInterval(timer)
    for (const file of files) unwatchFile(file, read)
  }
}
