import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toStorage } from '../config/to-secrets.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import { PosternError } from '../errors.ts'
import { describeFault, placeOf, type StorePlace } from '../storage/describe-trouble.ts'
import { findStoreFault } from '../storage/engine.ts'

/** EX_CONFIG of sysexits.h: starting again changes nothing, an operator has to. */
const needsOperator = 78

/** What a part may throw at its start that another start may not meet. */
const passing: ReadonlySet<ErrorCode> = new Set(['unavailable', 'issuer_unavailable', 'internal_error'])

/**
 * The sentence that a failed command ends with, and its exit code: 1, or 78 for a part of `serve` that starts only
 * after an operator has changed something. The code says so to the supervisor.
 */
export function describeFailure(
  error: unknown,
  command: string | undefined,
): { sentence: string; exitCode: number } {
  const isPart = command?.endsWith('-process') === true
  if (error instanceof PosternError) {
    return { sentence: error.message, exitCode: isPart && !passing.has(error.code) ? needsOperator : 1 }
  }
  const fault = findStoreFault(error)
  const sentence =
    fault === undefined
      ? ((error as Error).stack ?? String(error))
      : `${describeFault(fault, findPlace())} Then try again.`
  return { sentence, exitCode: 1 }
}

/** Where the store is, as the settings say; what cannot be read has been told before. */
function findPlace(): StorePlace {
  try {
    const settings = readSettings()
    const { engine } = settings.file.storage
    return placeOf(toStorage(engine, settings.variables.databaseUrl, toConfig(settings)))
  } catch {
    return { engine: 'postgres', at: 'POSTERN_DATABASE_URL', database: '', role: '' }
  }
}
