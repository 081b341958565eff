import type { Clock } from '../clock.ts'
import type { ExpiryStore } from './expiry-store.ts'
import type { OperatorExpiryStore, OperatorSubject } from './operator-expiry-store.ts'

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
  const failed: string[] = []
  let told = 0
  for (; told < maxOrganizations; told += 1) {
    const organizationId = await expiry.findDueOrganization(now, failed)
    if (organizationId === undefined) break
    try {
      await expiry.tellOrganization(organizationId, now)
    } catch (error) {
      failed.push(organizationId)
      failures.push(error)
    }
  }
  await operatorExpiry.follow(await listSubjects(), now)
  // While organizations wait, operators would get a second letter about them.
  if (told < maxOrganizations && (await operatorExpiry.isDue(now))) await operatorExpiry.tell(now)
  if (failures.length > 0) throw failures[0]
}
