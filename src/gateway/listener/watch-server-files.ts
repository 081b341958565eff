import { unwatchFile, watchFile } from 'node:fs'
import type { KeyPairFiles } from '../../tls-files/read-key-pair.ts'
import type { Log } from '../log/log.ts'

const pollMilliseconds = 5000

/**
 * Has server certificates read again when a file of theirs changes, and as long as one of them cannot be used: it may
 * be half written, or the other of two is still to come, or it is not valid yet. What is wrong is logged once, and so is
 * that it is over. `readFiles` gives one sentence for each pair that cannot be used. Gives the function that stops it.
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
  for (const file of files) watchFile(file, { interval: pollMilliseconds }, read)
  const timer = setInterval(() => told.size > 0 && read(), pollMilliseconds)
  return () => {
    clearInterval(timer)
    for (const file of files) unwatchFile(file, read)
  }
}
