import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { noPlan } from '../migration-plans/migration-plan.ts'
import { createMigrationPlanStore } from '../migration-plans/migration-plan-store.ts'
import { systemActor } from '../shapes/actor.ts'
import { createRevokeAgain } from './revoke-again.ts'

const hour = 3_600_000
const now = 1_000 * hour
const place = { organizationId: 'org_acme', environment: 'production' }

describeOnBothEngines('what gateways know to have ended in a store that was set back', (store) => {
  test('ends certificates from other CAs, and an exception for them, at the time that gateways know', async () => {
    const { database } = store
    await database.queries
      .insertInto('organizations')
      .values({ id: 'org_acme', slug: 'acme', legal_name: 'Acme', country: 'GB', state: '', created_at: 1 })
      .execute()
    const plans = createMigrationPlanStore(database, async () => {})
    const given = {
      ...noPlan,
      deadline: now + 9 * hour,
      endsAt: now + 9 * hour,
      exceptionUntil: now + 5 * hour,
    }
    await plans.change(place, now, ({ save }) =>
      save(given, { actor: systemActor('test'), action: 'migration.decided' }, []),
    )
    const dependencies = { migrating: { plans }, clock: { now: () => now } }
    const endAgain = createRevokeAgain(dependencies as never, database)
    const ending = (detail: object) =>
      ({ kind: 'migration_limited', subjectId: 'org_acme/production', ...place, detail }) as never
    const known = { endsAt: now + 3 * hour, exceptionUntil: now + 7 * hour }
    expect(await endAgain(ending(known))).toBe('restored')
    expect(await plans.find(place)).toMatchObject({ endsAt: now + 3 * hour, exceptionUntil: now + 5 * hour })
    expect(await endAgain(ending(known))).toBe('absent')
    expect(await endAgain(ending({ endsAt: null, exceptionUntil: null }))).toBe('restored')
    expect(await plans.find(place)).toMatchObject({ endsAt: now + 3 * hour, exceptionUntil: null })
    const elsewhere = { ...place, environment: 'staging' }
    expect(await endAgain({ ...(ending(known) as object), ...elsewhere } as never)).toBe('restored')
    expect(await plans.find(elsewhere)).toMatchObject({ endsAt: now + 3 * hour, exceptionUntil: null })
  })
})
