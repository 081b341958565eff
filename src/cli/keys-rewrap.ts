import { recordAudit } from '../audit/record-audit.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { type MasterKeyName, masterKeyNames, toSecrets, toVariable } from '../config/to-secrets.ts'
import { formatCount } from '../contract/format-count.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { countSealers, rewrapValues } from '../storage/rewrap-store.ts'
import type { SealedValues } from '../storage/sealed-values.ts'
import { sealedValues } from './sealed-values.ts'
import { actorOf, assertMigrated } from './with-store.ts'

/** A key that is being changed. */
interface Change {
  name: MasterKeyName
  key: MasterKey
}

/**
 * Seals under the first of two keys what the second one has sealed, while Postern runs, and then reads whether anything
 * is left. Ended at any point, it goes on when it is run again. Returns the exit code: 1 if something is left under the
 * second key, or under another one. Throws `bad_request` if no second key is given.
 */
export async function keysRewrap(): Promise<number> {
  const settings = readSettings()
  const secrets = toSecrets(settings, toConfig(settings), 'portal')
  const changes = masterKeyNames.flatMap((name) => {
    const key = secrets[`${name}Key`]
    return key === null || key.second === null ? [] : [{ name, key }]
  })
  if (changes.length === 0) throw noSecond()
  const database = await openDatabase(secrets.storage)
  try {
    await assertMigrated(database)
    let isDone = true
    for (const change of changes)
      for (const values of sealedValues[change.name])
        isDone = (await rewrapAll(database, change, values)) && isDone
    for (const { name } of changes)
      if (isDone)
        process.stdout.write(
          `Nothing in the store needs ${toVariable(name)}_SECOND any more. If every process has the new key as ${toVariable(name)}, remove it everywhere. Keep the former key with the backups.\n`,
        )
    return isDone ? 0 : 1
  } finally {
    await database.close()
  }
}

/** Returns whether all values are under the first key now. */
async function rewrapAll(database: Database, { name, key }: Change, values: SealedValues): Promise<boolean> {
  const actor = actorOf('keys-rewrap')
  const changed = await rewrapValues(database, key, values, (tx, count) =>
    recordAudit(tx, toEntry(actor, { keys: [name], values: values.name, count }), Date.now()),
  )
  const { second, neither, unopened } = await countSealers(database.queries, key, values)
  const variable = toVariable(name)
  process.stdout.write(`${variable}: ${formatCount(changed, 'row')} sealed anew (${values.name}).\n`)
  if (second > 0)
    process.stderr.write(
      `postern: error: sealed under ${variable}_SECOND meanwhile: ${formatCount(second, 'row')} (${values.name}). A process still seals with it. Give every process the new key as ${variable}, restart it, and run postern keys rewrap again.\n`,
    )
  if (neither > 0)
    process.stderr.write(
      `postern: error: sealed under neither key: ${formatCount(neither, 'row')} (${values.name}: ${unopened.join(', ')}). They stay as they are. Run postern keys rewrap again with the key that sealed them as ${variable}_SECOND.\n`,
    )
  return second + neither === 0
}

const toEntry = (actor: Actor, after: { keys: string[]; values: string; count: number }) => ({
  ...{
    actor,
    action: 'keys.rewrapped',
    organizationId: null,
    subjectKind: 'keys',
    subjectId: 'store',
    after,
  },
})

const noSecond = () =>
  new PosternError(
    'bad_request',
    `No key is being changed. Give the new key as ${masterKeyNames.map(toVariable).join(', ')}, and the former one in the same variable with _SECOND at its end.`,
  )
