import { expect, test } from 'vitest'
import { openPortalDoor } from '../../test/support/open-portal-door.ts'
import { operations } from '../contract/operations.ts'

/** Waits until everything that can begin has begun. */
const settle = async () => {
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('200 slow lists of one organization delay neither a list of another nor anything else', async () => {
  const door = await openPortalDoor()
  const begun: string[] = []
  const ends: (() => void)[] = []
  door.answerWith((id) => {
    begun.push(id)
    if (id !== 'listCertificates' && id !== 'listCredentials') return undefined
    return new Promise((resolve) => ends.push(() => resolve({ items: [], nextCursor: null })))
  })
  const list = (organization: string, what = 'certificates') =>
    door.inject({ method: 'GET', url: `/api/v1/organizations/${organization}/${what}` })
  const slow = Array.from({ length: 200 }, () => list('acme'))
  await settle()
  expect(begun).toHaveLength(3)

  // A change takes no turn among them.
  begun.length = 0
  await door.send(operations.revokeCertificate)
  await door.send(operations.submitCsr)
  expect(begun).toEqual(['revokeCertificate', 'submitCsr'])

  begun.length = 0
  const other = list('globex', 'credentials')
  await settle()
  expect(begun).toEqual(['listCredentials'])
  for (let left = 0; left < 250; left += 1) {
    for (const end of ends.splice(0)) end()
    await settle()
    if (begun.length >= 197) break
  }
  for (const end of ends.splice(0)) end()
  const answers = await Promise.all([...slow, other])
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
  await door.close()
})
