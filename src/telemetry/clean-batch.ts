import { cleanText } from '../clean-text.ts'
import type { UsageBatch } from '../contract/usage-batch.ts'

const maxCharacters = 500
/** Sentences that name subjects are longer than other texts. */
const maxOf: Readonly<Record<string, number>> = { explanation: 2000, clientId: 100, value: 100 }

/**
 * Returns the batch with every text in it acceptable to the store, including texts in JSON columns: short,
 * well formed and without controls. Values chosen by a client arrive here from its certificate, its server
 * name or its address.
 */
export const cleanBatch = (batch: UsageBatch): UsageBatch => clean(batch, '') as UsageBatch

function clean(value: unknown, name: string): unknown {
  if (typeof value === 'string') return cleanText(value, maxOf[name] ?? maxCharacters)
  if (Array.isArray(value)) return value.map((item) => clean(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item, key)]))
}
