import { createMembershipChanges } from '../../src/organizations/membership-store.ts'

/** The changes of memberships, for tests of features that get them from the composition. */
export const memberships = createMembershipChanges({ maxPeople: 500 }, async () => {})
