import crypto, { type ScryptOptions } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Preloaded into the portal: writes when each slow hash of a password began and ended to the file that
 * `POSTERN_BENCH_HASHES` names, a line for each. The passwords are those of the benchmark alone.
 */
const file = process.env.POSTERN_BENCH_HASHES
const { scrypt } = crypto

if (file !== undefined) {
  crypto.scrypt = ((password: string, salt: string, length: number, options: ScryptOptions, done: Done) => {
    const start = performance.timeOrigin + performance.now()
    scrypt(password, salt, length, options, (error, key) => {
      const end = performance.timeOrigin + performance.now()
      appendFileSync(file, `${JSON.stringify({ password, start, end })}\n`)
      done(error, key)
    })
  }) as typeof scrypt
  syncBuiltinESMExports()
}

type Done = (error: Error | null, key: Buffer) => void
