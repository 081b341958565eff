import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import { createOrganizationListStore } from './organization-list-store.ts'
import { createOrganizationStore } from './organization-store.ts'

const audit = { actor: systemActor('test') }

describeOnBothEngines('organizations', (store) => {
  test('roles apply per organization', async () => {
    const organizations = createOrganizationStore(store.database)
    const lists = createOrganizationListStore(store.database)
    const userId = 'usr_ann'
    await store.database.queries
      .insertInto('users')
      .values({
        ...{ id: userId, email: 'ann@acme.example', name: 'Ann', image: null, email_verified: 1 },
        ...{ operator_role: null, must_change_password: 0, created_at: '', updated_at: '' },
      })
      .execute()
    const acme = await organizations.insert(
      { slug: 'acme', legalName: 'Łódź Płatności S.A.', country: 'PL', state: '' },
      { ...audit, now: 1 },
    )
    await organizations.insert(
      { slug: 'globex', legalName: "O'Neil & Co / Ltd", country: 'GB', state: '' },
      { ...audit, now: 2 },
    )
    await organizations.insertMember(acme, userId, 'developer', { ...audit, now: 3 })
    const globex = await organizations.findBySlug('globex')
    expect(await organizations.findRole(acme, userId)).toBe('developer')
    expect(await organizations.findRole(globex?.id ?? '', userId)).toBeUndefined()
    expect(await organizations.listMemberships(userId)).toEqual([
      {
        ...{ slug: 'acme', legalName: 'Łódź Płatności S.A.', country: 'PL', state: '' },
        ...{ status: 'active', role: 'developer', requiresSecondFactor: false, needsOtherSignIn: false },
      },
    ])
    await expect(organizations.insertMember(acme, userId, 'admin', { ...audit, now: 4 })).rejects.toThrow()
    const page = await lists.list({ limit: 1 })
    expect(page.items.map((item) => item.slug)).toEqual(['acme'])
    const next = await lists.list({ limit: 1, cursor: page.nextCursor ?? '' })
    expect(next).toMatchObject({ items: [{ slug: 'globex' }], nextCursor: null })
    expect((await lists.list({ limit: 5, text: 'Łódź' })).items).toHaveLength(1)
  })
})
