import { readSettings } from '../config/read-settings.ts'
import { findMasterKey, toVariable } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import { replaceSigningKey } from '../tokens/replace-signing-key-store.ts'
import { withStore } from './with-store.ts'

/**
 * Replaces the key that signs the access tokens of an environment, while Postern runs: with the usual overlap, or at once
 * with `now`, so that every token of the environment ends. Returns the exit code. Throws `bad_request` for an unknown
 * environment, `config_invalid` without the gateway key, and `master_key_wrong` with another one.
 */
export async function keysReplaceTokenKey(
  name: string,
  { now: isImmediate = false }: { now?: boolean },
): Promise<number> {
  return withStore('keys-replace-token-key', async ({ config, database, actor, now }) => {
    const environment = config.environments.find((each) => each.name === name)
    if (environment === undefined)
      throw new PosternError(
        'bad_request',
        `There is no environment ${name}. There are ${config.environments.map((each) => each.name).join(', ')}.`,
      )
    const gatewayKey = findMasterKey(readSettings(), config, 'gateway')
    if (gatewayKey === undefined)
      throw new PosternError(
        'config_invalid',
        `Set ${toVariable('gateway')} or ${toVariable('gateway')}_FILE to the key that the gateways have.`,
      )
    const replaced = await replaceSigningKey(database, environment, gatewayKey, { isImmediate, actor, now })
    process.stdout.write(isImmediate ? describeEnd(name) : describeOverlap(name, replaced))
    return 0
  })
}

const describeEnd = (name: string) =>
  `Tokens of ${name} are signed with a new key. The former keys and their tokens have ended: clients have to get new ones. Gateways that cannot read the store deny the former tokens as soon as they can.\n`

const describeOverlap = (
  name: string,
  { isNew, signsFrom, acceptedUntil }: { isNew: boolean; signsFrom: number; acceptedUntil: number },
) =>
  `${isNew ? `A new key for the tokens of ${name} is published.` : `A new key for the tokens of ${name} was published already. Nothing was changed.`} It signs from ${new Date(signsFrom).toISOString()}; tokens of the former key are accepted until ${new Date(acceptedUntil).toISOString()}.\n`
