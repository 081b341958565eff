import { createOperatorStore } from '../accounts/operator-store.ts'
import { parseEmail } from './operator-create.ts'
import { withStore } from './with-store.ts'

/**
 * Takes the role from an operator or auditor and ends their sessions. Returns the exit code. Throws `not_found`, and
 * `conflict` for the last operator without `yes`.
 */
export async function operatorRemove(given: string, { yes = false }: { yes?: boolean }): Promise<number> {
  const email = parseEmail(given)
  return withStore('operator-remove', async ({ config, database, actor, now }) => {
    const operators = createOperatorStore(database, config.portal.url)
    await operators.remove({ email }, { actor, now, evenLast: yes })
    process.stdout.write(`${email} is no longer an operator or auditor. The sessions have ended.\n`)
    return 0
  })
}
