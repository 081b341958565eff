import { beforeAll, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemActor } from '../audit/record-audit.ts'
import { systemClock } from '../clock.ts'
import { createIdentity, type Identity } from './identity-store.ts'
import { createOrganizationStore, type OrganizationStore } from './organization-store.ts'

const audit = { actor: systemActor('test') }

describeOnBothEngines('people and organizations', (store) => {
  let identity: Identity
  let organizations: OrganizationStore
  let userId: string
  beforeAll(async () => {
    identity = createIdentity(
      store.database,
      'a session key for tests, long enough',
      'http://localhost:3000',
      systemClock,
    )
    organizations = createOrganizationStore(store.database)
    userId = await identity.createPerson({
      email: 'Ann@Acme.example',
      name: 'Ann',
      password: 'one-time-password',
      operator: false,
      mustChangePassword: true,
    })
  })
  const headersOf = (cookies: string[]) =>
    new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })

  test('a person signs in, and the session is theirs until they sign out', async () => {
    const { person, cookies } = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    expect(person).toEqual({
      userId,
      email: 'ann@acme.example',
      name: 'Ann',
      operator: false,
      mustChangePassword: true,
    })
    expect(cookies.join()).toMatch(/HttpOnly/i)
    expect(cookies.join()).toMatch(/SameSite=Lax/i)
    expect((await identity.findPerson(headersOf(cookies)))?.userId).toBe(userId)
    await identity.signOut(headersOf(cookies))
    expect(await identity.findPerson(headersOf(cookies))).toBeUndefined()
  })

  test('an unknown address and a wrong password look the same', async () => {
    const unknown = await identity.signIn('nobody@acme.example', 'x', new Headers()).catch((error) => error)
    const wrong = await identity.signIn('ann@acme.example', 'x', new Headers()).catch((error) => error)
    expect(unknown.code).toBe('sign_in_failed')
    expect(wrong.message).toBe(unknown.message)
  })

  test('a cookie that was tampered with is nobody', async () => {
    const { cookies } = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const forged = headersOf(cookies)
      .get('cookie')
      ?.replace(/=(.)/, (_, first) => `=${first === 'a' ? 'b' : 'a'}`)
    expect(await identity.findPerson(new Headers({ cookie: forged ?? '' }))).toBeUndefined()
  })

  test('a new password ends every other session and the old password', async () => {
    const other = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const own = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const change = { currentPassword: 'one-time-password', newPassword: 'a better password' }
    await expect(
      identity.changePassword(headersOf(own.cookies), { ...change, currentPassword: 'wrong' }),
    ).rejects.toMatchObject({ code: 'sign_in_failed' })
    await expect(
      identity.changePassword(headersOf(own.cookies), { ...change, newPassword: 'one-time-password' }),
    ).rejects.toMatchObject({ code: 'password_unsuitable' })
    await identity.changePassword(headersOf(own.cookies), change)
    expect(await identity.findPerson(headersOf(other.cookies))).toBeUndefined()
    await expect(
      identity.signIn('ann@acme.example', 'one-time-password', new Headers()),
    ).rejects.toMatchObject({ code: 'sign_in_failed' })
    const { person } = await identity.signIn('ann@acme.example', 'a better password', new Headers())
    expect(person.mustChangePassword).toBe(false)
  })

  test('passwords are stored as slow hashes', async () => {
    const rows = await store.database.queries.selectFrom('accounts').select('password').execute()
    expect(
      rows.every(
        ({ password }) => password !== null && password.length > 80 && !password.includes('password'),
      ),
    ).toBe(true)
  })

  test('roles are per organization', async () => {
    const acme = await organizations.insert(
      { slug: 'acme', legalName: 'Łódź Płatności S.A.', country: 'PL', state: '' },
      audit,
      1,
    )
    await organizations.insert(
      { slug: 'globex', legalName: "O'Neil & Co / Ltd", country: 'GB', state: '' },
      audit,
      2,
    )
    await organizations.insertMember(acme, userId, 'developer', audit, 3)
    const globex = await organizations.findBySlug('globex')
    expect(await organizations.findRole(acme, userId)).toBe('developer')
    expect(await organizations.findRole(globex?.id ?? '', userId)).toBeUndefined()
    expect(await organizations.listMemberships(userId)).toEqual([
      { slug: 'acme', legalName: 'Łódź Płatności S.A.', country: 'PL', state: '', role: 'developer' },
    ])
    await expect(organizations.insertMember(acme, userId, 'admin', audit, 4)).rejects.toThrow()
    const page = await organizations.list({ limit: 1 })
    expect(page.items.map((item) => item.slug)).toEqual(['acme'])
    const next = await organizations.list({ limit: 1, cursor: page.nextCursor ?? '' })
    expect(next).toMatchObject({ items: [{ slug: 'globex' }], nextCursor: null })
    expect((await organizations.list({ limit: 5, text: 'Łódź' })).items).toHaveLength(1)
  })
})
