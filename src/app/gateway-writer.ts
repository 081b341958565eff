import type { StoreWatch } from '../storage/watch-store.ts'
import type { UsageWriter } from '../telemetry/usage-writer.ts'

/**
 * A writer whose failures are told to `watch`: its thread has only the code of the store. A mistake of Postern in that
 * thread goes to `onMistake`.
 */
export function watchWriter(
  writer: UsageWriter,
  watch: StoreWatch,
  onMistake: (error: unknown) => void,
): UsageWriter {
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const result = await work
      watch.saved()
      return result
    } catch (error) {
      const { detail, cause } = error as { detail?: unknown; cause?: unknown }
      if (cause !== undefined || typeof detail !== 'string') onMistake(cause ?? error)
      else watch.failed(toStoreError(detail))
      throw error
    }
  }
  return {
    write: (batch) => watched(writer.write(batch)),
    revokeToken: (revocation) => watched(writer.revokeToken(revocation)),
    spendAssertion: (use) => watched(writer.spendAssertion(use)),
    enterEpoch: (entry) => watched(writer.enterEpoch(entry)),
    exchangeUses: (given) => watched(writer.exchangeUses(given)),
    reportReturn: (given) => watched(writer.reportReturn(given)),
    stopGateway: writer.stopGateway,
    close: writer.close,
  }
}

/** Recreates the store's error of the thread, as far as its code allows. */
function toStoreError(code: string): Error {
  const errcode = /^SQLITE_(\d+)$/.exec(code)?.[1]
  const error = new Error('the store did not write')
  return Object.assign(error, errcode === undefined ? { code } : { errcode: Number(errcode) })
}
