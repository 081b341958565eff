import type { Clock } from '../clock.ts'
import type { ExpiryStore } from './expiry-store.ts'
import type { OperatorExpiryStore } from './operator-expiry-store.ts'
import type { OperatorSubject } from './operator-subject-store.ts'

/** How many organizations one run tells; the next run follows within seconds. */
const maxOrganizations = 500

/** The dependencies of the letters about expiries. */
export interface TellDependencies {
  expiry: ExpiryStore
  operatorExpiry: OperatorExpiryStore
  /** What operators keep and that expires. */
  listSubjects(): Promise<OperatorSubject[]>
  clock: Clock
}

/**
 * Tells of every step that is due, whenever it became due: organization by organization, then the operators of what is
 * theirs and of what the organizations were told, so that each person gets one letter. An organization of which it fails
 * delays no other; the first failure is thrown at the end.
 */
export async function tellOfExpiry({
  expiry,
  operatorExpiry,
  listSubjects,
  clock,
}: TellDependencies): Promise<void> {
  const now = clock.now()
  const failures: unknown[] = []
  await expiry.recoverFromClock(now)
  const isDone = await forEachOrganization(
    (except) => expiry.findDueOrganization(now, except),
    (organizationId) => expiry.tellOrganization(organizationId, now),
    failures,
  )
  await forEachOrganization(
    (except) => expiry.findUndeliverable(now, except),
    (id) => expiry.redirect(id, now),
    failures,
  )
  await operatorExpiry.follow(await listSubjects(), now)
  // While organizations wait, operators would get a second letter about them.
  if (isDone && (await operatorExpiry.isDue(now))) await operatorExpiry.tell(now)
  if (failures.length > 0) throw failures[0]
}

/** Does the work for the organizations that `find` finds. Returns whether none is left but those of which it failed. */
async function forEachOrganization(
  find: (except: readonly string[]) => Promise<string | undefined>,
  work: (organizationId: string) => Promise<void>,
  failures: unknown[],
): Promise<boolean> {
  const failed: string[] = []
  for (let count = 0; count < maxOrganizations; count += 1) {
    const organizationId = await find(failed)
    if (organizationId === undefined) return true
    try {
      await work(organizationId)
    } catch (error) {
      failed.push(organizationId)
      failures.push(error)
    }
  }
  return false
}
