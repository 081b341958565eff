import { expect, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { createApiClient } from '../support/api.ts'
import { openPostern } from '../support/open-postern.ts'

test('with https the session cookie is Secure and __Host-prefixed, and the API document names it', async () => {
  const postern = await openPostern({ config: { portal: { url: 'https://portal.provider.example' } } })
  onTestFinished(() => postern.stop())
  const [user] = postern.firstRun().people
  const client = createApiClient(postern)
  const { headers } = await client.send(operations.signIn, {
    body: { email: user?.email ?? '', password: user?.oneTimePassword ?? '' },
  })
  const [cookie = ''] = headers.getSetCookie()
  const document = (await (await postern.fetch(`${postern.portalUrl}/api/v1/openapi.json`)).json()) as {
    components: { securitySchemes: { session: { name: string } } }
  }
  const { name } = document.components.securitySchemes.session
  for (const each of headers.getSetCookie()) {
    expect(each).toMatch(/^__Host-postern\.\w+=/)
    expect(each).toMatch(/; *Secure/i)
    expect(each).toMatch(/; *HttpOnly/i)
    expect(each).toMatch(/; *Path=\/(;|$)/i)
    expect(each).not.toMatch(/; *Domain/i)
  }
  expect(cookie.split('=')[0]).toBe(name)
  expect((await client.send(operations.getSession)).body.email).toBe(user?.email)
})
