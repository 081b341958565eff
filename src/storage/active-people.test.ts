import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createExpiryWorld, letterTime } from '../../test/support/expiry-world.ts'
import { listActiveAdmins, listActiveOperators } from './active-people.ts'

describeOnBothEngines('who gets emails that are for a role', (store) => {
  test('has the role in that organization and can sign in', async () => {
    const { queries } = store.database
    const world = createExpiryWorld(store.database, letterTime)
    const acme = await world.addOrganization('acme', "O'Neil & Co / Ltd")
    const lodz = await world.addOrganization('lodz', 'Łódź Płatności S.A.')
    await world.addUser('b@acme.example', { [acme]: 'admin' })
    await world.addUser('a@acme.example', { [acme]: 'admin', [lodz]: 'viewer' })
    await world.addUser('developer@acme.example', { [acme]: 'developer' })
    const gone = await world.addUser('gone@acme.example', { [acme]: 'admin' }, true)
    await world.addUser('op@postern.example', {}, true)
    await world.addUser('auditor@postern.example', {})
    await queries
      .updateTable('users')
      .set({ operator_role: 'auditor' })
      .where('email', '=', 'auditor@postern.example')
      .execute()
    await queries.updateTable('users').set({ deactivated_at: letterTime }).where('id', '=', gone).execute()
    const emailsOf = (people: readonly { email: string }[]) => people.map(({ email }) => email)
    expect(emailsOf(await listActiveAdmins(queries, acme))).toEqual(['a@acme.example', 'b@acme.example'])
    expect(await listActiveAdmins(queries, lodz)).toEqual([])
    expect(emailsOf(await listActiveOperators(queries))).toEqual(['op@postern.example'])
  })
})
