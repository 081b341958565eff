import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toStorage } from '../config/to-secrets.ts'
import type { PosternCode } from '../contract/postern-code.ts'
import { PosternError } from '../errors.ts'
import { describeFault, getPlace, type StorePlace } from '../storage/describe-store-problem.ts'
import { findStoreFault } from '../storage/engine.ts'

/** EX_CONFIG of sysexits.h: a restart does not help, an operator has to act. */
const needsOperator = 78

/** Errors at the start of a part that another start may not have. */
const passing: ReadonlySet<PosternCode> = new Set(['unavailable', 'issuer_unavailable', 'internal_error'])

/**
 * Returns the last sentence of a failed command, and its exit code: 1, or 78 for a part of `serve` that
 * cannot start until an operator has changed something. The code tells the supervisor.
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

/** Returns the location of the store in the settings; unreadable settings have been reported before. */
function findPlace(): StorePlace {
  try {
    const settings = readSettings()
    const { engine } = settings.file.storage
    return getPlace(toStorage(engine, settings.variables.databaseUrl, toConfig(settings)))
  } catch {
    return { engine: 'postgres', at: 'POSTERN_DATABASE_URL', database: '', role: '' }
  }
}
