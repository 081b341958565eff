import { expect, test } from 'vitest'
import { clientIdPlaceholder, clientSecretPlaceholder, isPlaceholder } from './placeholders.ts'

test.each([
  clientIdPlaceholder,
  'CLIENT_ID',
  '<client id>',
  '{{clientId}}',
  ':clientId',
  '$CLIENT_ID',
  'your-client-id',
])('%s is the placeholder of a client ID', (value) => expect(isPlaceholder('clientId', value)).toBe(true))

test.each([clientSecretPlaceholder, 'CLIENT_SECRET', '<your client secret>', '{{clientSecret}}', '%SECRET%'])(
  '%s is the placeholder of a client secret',
  (value) => expect(isPlaceholder('clientSecret', value)).toBe(true),
)

test.each(['acme-prod-9f2k', 'pos_wrong', 'client', 'client_id_7', 'secretary', 'x'.repeat(1000), ''])(
  '%s is no placeholder',
  (value) => {
    expect(isPlaceholder('clientId', value)).toBe(false)
    expect(isPlaceholder('clientSecret', value)).toBe(false)
  },
)
