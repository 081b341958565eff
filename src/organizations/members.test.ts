import { beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createTeamWorld, type TeamWorld } from '../../test/support/team-world.ts'
import type { Actor } from '../shapes/actor.ts'
import { removeMemberships } from './membership-store.ts'

describeOnBothEngines('members', (store) => {
  let world: TeamWorld
  let ann: Actor
  let bob: Actor
  beforeAll(async () => {
    world = createTeamWorld(store.database)
    ann = await world.addUser('ann@acme.example')
    bob = await world.addUser('bob@acme.example')
  })

  const listRoles = async (organizationId: string) =>
    (await world.members.list(organizationId, { limit: 10 })).items.map(({ email, role }) => [email, role])

  test('are listed page by page, and never those of another organization', async () => {
    const acme = await world.addOrganization('listed', 'Łódź Płatności S.A.')
    const other = await world.addOrganization('listed-other', "O'Neil & Co / Ltd")
    await world.join(acme, ann, 'admin')
    world.clock.advance(1)
    const id = await world.join(acme, bob, 'viewer')
    await world.join(other, bob, 'admin')
    const first = await world.members.list(acme.id, { limit: 1 })
    const next = await world.members.list(acme.id, { limit: 1, cursor: first.nextCursor ?? '' })
    expect([...first.items, ...next.items].map(({ email, role }) => [email, role])).toEqual([
      ['ann@acme.example', 'admin'],
      ['bob@acme.example', 'viewer'],
    ])
    expect(next.nextCursor).toBeNull()
    await expect(world.members.get(other.id, id)).rejects.toMatchObject({ code: 'not_found' })
    const elsewhere = { organizationId: other.id, memberId: id }
    await expect(world.members.changeRole(elsewhere, 'admin', world.act(bob))).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('are listed with when they were last seen, in any organization', async () => {
    const acme = await world.addOrganization('seen')
    const dan = await world.addUser('dan@acme.example')
    await world.join(acme, ann, 'admin')
    world.clock.advance(1)
    await world.join(acme, dan, 'viewer')
    const at = new Date(world.clock.now()).toISOString()
    await world.queries.updateTable('users').set({ last_seen_at: at }).where('id', '=', dan.id).execute()
    const { items } = await world.members.list(acme.id, { limit: 10 })
    expect(items.map(({ email, lastSeenAt }) => [email, lastSeenAt])).toEqual([
      ['ann@acme.example', null],
      ['dan@acme.example', at],
    ])
  })

  test('a change of role and a removal are recorded with what was before', async () => {
    const acme = await world.addOrganization('recorded')
    const cy = await world.addUser('cy@acme.example')
    await world.join(acme, ann, 'admin')
    const key = { organizationId: acme.id, memberId: await world.join(acme, cy, 'viewer') }
    await world.members.changeRole(key, 'developer', world.act(ann))
    // The same role again changes nothing.
    await world.members.changeRole(key, 'developer', world.act(ann))
    expect(await world.organizations.findRole(acme.id, cy.id)).toBe('developer')
    await world.members.remove(key, 'member.removed', world.act(ann))
    expect(await world.organizations.findRole(acme.id, cy.id)).toBeUndefined()
    expect((await world.readAudit(cy.id)).slice(1)).toEqual([
      ['member.role_changed', ann.name, { role: 'viewer' }, { role: 'developer' }],
      ['member.removed', ann.name, { role: 'developer' }, null],
    ])
    await expect(world.members.remove(key, 'member.removed', world.act(ann))).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('who is removed or leaves is told once by email, and who stays or is erased is not', async () => {
    const acme = await world.addOrganization('told', "O'Neil & Co / Ltd")
    const eve = await world.addUser('eve@acme.example')
    const fay = await world.addUser('fay@acme.example')
    const gus = await world.addUser('gus@acme.example')
    await world.join(acme, ann, 'admin')
    const eves = { organizationId: acme.id, memberId: await world.join(acme, eve, 'viewer') }
    const fays = { organizationId: acme.id, memberId: await world.join(acme, fay, 'viewer') }
    await world.join(acme, gus, 'viewer')
    const ends = [
      world.members.remove(eves, 'member.removed', world.act(ann)),
      world.members.remove(eves, 'member.removed', world.act(ann)),
    ]
    expect((await Promise.allSettled(ends)).map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'rejected',
    ])
    await world.members.remove(fays, 'member.left', world.act(fay))
    await store.database.transaction((tx) => removeMemberships(tx, gus.id, world.act(ann)))
    const last = { organizationId: acme.id, userId: ann.id }
    await expect(world.members.remove(last, 'member.left', world.act(ann))).rejects.toThrow()
    const emails = await world.queries
      .selectFrom('outbox')
      .select(['recipient', 'subject', 'body', 'withheld'])
      .where('organization_id', '=', acme.id)
      .orderBy('recipient')
      .execute()
    expect(emails).toMatchObject([
      { recipient: eve.name, subject: "You no longer belong to O'Neil & Co / Ltd", withheld: null },
      { recipient: fay.name, subject: "You left O'Neil & Co / Ltd", withheld: null },
    ])
    expect(emails[0]?.body).toContain('ann@acme.example ended your membership')
  })

  test('an organization sends no more of these emails than its limit of emails allows', async () => {
    const few = { perHour: 1, externalPerHour: 0, perRecipientPerDay: 1, externalPerRecipientPerDay: 0 }
    const limited = createTeamWorld(store.database, few)
    const acme = await limited.addOrganization('told-few')
    await limited.join(acme, ann, 'admin')
    for (let n = 0; n < 4; n += 1) {
      const user = await limited.addUser(`leaver${n}@acme.example`)
      await limited.join(acme, user, 'viewer')
      await limited.members.remove(
        { organizationId: acme.id, userId: user.id },
        'member.left',
        limited.act(user),
      )
    }
    const sent = await limited.queries
      .selectFrom('outbox')
      .select('id')
      .where('organization_id', '=', acme.id)
      .where('key', 'like', 'membership-ended:%')
      .where('withheld', 'is', null)
      .execute()
    expect(sent).toHaveLength(2)
  })

  test('the last admin can neither leave nor be removed nor demoted', async () => {
    const acme = await world.addOrganization('last')
    const memberId = await world.join(acme, ann, 'admin')
    world.clock.advance(1)
    await world.join(acme, bob, 'developer')
    const byMember = { organizationId: acme.id, memberId }
    const byUser = { organizationId: acme.id, userId: ann.id }
    const act = world.act(ann)
    for (const attempt of [
      () => world.members.changeRole(byMember, 'developer', act),
      () => world.members.remove(byMember, 'member.removed', act),
      () => world.members.remove(byUser, 'member.left', act),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'last_admin' })
    expect(await listRoles(acme.id)).toEqual([
      ['ann@acme.example', 'admin'],
      ['bob@acme.example', 'developer'],
    ])
  })

  test('two admins who remove or demote each other, or leave, at the same time leave one admin', async () => {
    for (const way of ['remove', 'demote', 'leave'] as const) {
      const acme = await world.addOrganization(`two-${way}`)
      const keys = [
        { organizationId: acme.id, memberId: await world.join(acme, ann, 'admin') },
        { organizationId: acme.id, memberId: await world.join(acme, bob, 'admin') },
      ]
      const results = await Promise.allSettled(
        keys.map((key) =>
          way === 'demote'
            ? world.members.changeRole(key, 'viewer', world.act(ann))
            : world.members.remove(key, way === 'leave' ? 'member.left' : 'member.removed', world.act(ann)),
        ),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'last_admin' },
      })
      const roles = (await listRoles(acme.id)).map(([, role]) => role)
      expect(roles.filter((role) => role === 'admin')).toHaveLength(1)
    }
  })
})
