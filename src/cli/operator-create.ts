import type { z } from 'zod'
import { createOperatorStore } from '../accounts/operator-store.ts'
import { EmailAddress, PersonName } from '../contract/account.ts'
import { describeIssue } from '../contract/describe-issue.ts'
import { type OperatorRole, operatorRoles } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import { withStore } from './with-store.ts'

/**
 * Makes an operator or auditor, or rescues one who cannot sign in: prints a link to choose a password, which works once
 * within an hour. Until it is used, password and sessions of the user stay. Returns the exit code. Throws `bad_request`.
 */
export async function operatorCreate(
  given: string,
  options: { role?: string; name?: string; removeSecondFactors?: boolean },
): Promise<number> {
  const email = parseEmail(given)
  const name = options.name === undefined ? undefined : parse(PersonName, options.name, '--name')
  const role = parseRole(options.role)
  return withStore('operator-create', async ({ config, database, actor, now }) => {
    const operators = createOperatorStore(database, config.portal.url)
    const invited = await operators.invite(
      { email, name, role, removesFactors: options.removeSecondFactors === true },
      { actor, now },
    )
    process.stdout.write(`${invited.link}\n`)
    const until = new Date(now + 3_600_000).toISOString()
    process.stderr.write(
      `postern: hint: this link lets ${email} (${invited.role}) choose a password. It works once, until ${until}. Earlier links of this user no longer work.\n`,
    )
    return 0
  })
}

/** Returns an email address of the command line. Throws `bad_request`. */
export const parseEmail = (given: string): string => parse(EmailAddress, given, 'The email')

function parse(schema: z.ZodType<string>, given: string, name: string): string {
  const { success, data, error } = schema.safeParse(given)
  if (success) return data
  const [issue] = error.issues
  throw new PosternError('bad_request', `${name} ${issue === undefined ? 'is wrong' : describeIssue(issue)}.`)
}

function parseRole(given: string | undefined): OperatorRole | undefined {
  const role = operatorRoles.find((each) => each === given)
  if (given === undefined || role !== undefined) return role
  throw new PosternError('bad_request', `--role must be one of ${operatorRoles.join(', ')}.`)
}
