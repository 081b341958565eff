import { createMigrationEmails } from '../../src/migration-plans/migration-emails.ts'
import { createMigrationPlanStore } from '../../src/migration-plans/migration-plan-store.ts'
import { writeEmails } from '../../src/notifications/write-emails-store.ts'
import type { GatewayWatch } from '../../src/shapes/gateway-watch.ts'
import type { TestStore } from './databases.ts'

/** What changes and follows the plans of a store, with a clock of the test's own. */
export const makeMigrationDependencies = ({ database }: TestStore, now: () => number) => ({
  plans: createMigrationPlanStore(database, writeEmails),
  letters: createMigrationEmails('http://portal.test'),
  /** The gateways have always reported. */
  readWatch: async (): Promise<GatewayWatch | undefined> => ({ since: 0, seenAt: now(), reason: '' }),
  clock: { now },
})
