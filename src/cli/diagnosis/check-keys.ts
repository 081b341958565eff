import { findMasterKey, type MasterKeyName, masterKeyNames, toVariable } from '../../config/to-secrets.ts'
import { formatCount } from '../../contract/format-count.ts'
import type { Queries } from '../../storage/database.ts'
import { countSealers } from '../../storage/rewrap-store.ts'
import { sealedValues } from '../sealed-values.ts'
import { type Finding, type Ground, problem, remark } from './diagnosis.ts'

/** Tells whether the second key of a change is still needed; nothing of keys that are not being changed. */
export async function checkKeys(ground: Ground, queries: Queries): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of masterKeyNames.filter((one) => isUsed(one, ground)))
    findings.push(...(await checkKey(name, ground, queries)))
  return findings
}

/** The role of a gateway, or of a process that publishes, does not read what only the portal opens. */
const isUsed = (name: MasterKeyName, { parts }: Ground): boolean =>
  parts.portal ||
  (name === 'gateway' && parts.gateway) ||
  (name === 'publication' && parts.publication === true)

async function checkKey(
  name: MasterKeyName,
  { settings, config }: Ground,
  queries: Queries,
): Promise<Finding[]> {
  const key = findMasterKey(settings, config, name)
  if (key === undefined || key.second === null) return []
  const variable = toVariable(name)
  let second = 0
  const neither: string[] = []
  for (const values of sealedValues[name]) {
    const count = await countSealers(queries, key, values)
    second += count.second
    if (count.neither > 0)
      neither.push(`${values.name}: ${formatCount(count.neither, 'row')}, ${count.unopened.join(', ')}`)
  }
  const use =
    second > 0
      ? `Sealed under ${variable}_SECOND: ${formatCount(second, 'row')} of the store. If that is the former key, run postern keys rewrap before you remove it.`
      : `Nothing in the store is sealed under ${variable}_SECOND. If that is the former key, and every process has the new one as ${variable}, remove it.`
  if (neither.length === 0) return [remark(use)]
  return [
    remark(use),
    problem(
      `Neither ${variable} nor ${variable}_SECOND opens some of what is in the store (${neither.join('; ')}). Give the key that sealed it.`,
    ),
  ]
}
