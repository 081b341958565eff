import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/**
 * Preloaded into processes of Postern: collects garbage at `SIGUSR2` and writes what is left to the folder that
 * `POSTERN_BENCH_MEMORY` names, in a file with the ID of the process as its name.
 */
const folder = process.env.POSTERN_BENCH_MEMORY

if (folder !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  process.on('SIGUSR2', () => {
    collect()
    collect()
    const { heapUsed, external, rss } = process.memoryUsage()
    writeFileSync(`${folder}/${process.pid}`, JSON.stringify({ live: heapUsed + external, rss }))
  })
}
