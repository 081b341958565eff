import { createOperatorStore } from '../accounts/operator-store.ts'
import type { OperatorView } from '../contract/account.ts'
import { withStore } from './with-store.ts'

const pageLimit = 200

/** Prints every operator and auditor, one a line or as JSON. Returns the exit code. */
export async function operatorList({ json = false }: { json?: boolean }): Promise<number> {
  return withStore('operator-list', async ({ config, database }) => {
    const operators = createOperatorStore(database, config.portal.url)
    const all: OperatorView[] = []
    let cursor: string | undefined
    do {
      const page = await operators.list({ cursor, limit: pageLimit })
      all.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    process.stdout.write(json ? `${JSON.stringify(all, null, 2)}\n` : all.map(toLine).join(''))
    if (!all.some(({ role }) => role === 'operator'))
      process.stderr.write('postern: hint: there is no operator: postern operator create EMAIL\n')
    return 0
  })
}

const toLine = ({ email, name, role, hasPassword }: OperatorView) =>
  `${email}  ${role}  ${name}${hasPassword ? '' : '  no password yet'}\n`
