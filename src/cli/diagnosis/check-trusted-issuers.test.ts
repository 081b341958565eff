import { expect, test } from 'vitest'
import { makeAuthority } from '../../../test/support/test-authority.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { formatName } from '../../pki/name/name.ts'
import { checkTrustedIssuers } from './check-trusted-issuers.ts'

test('an issuer that is not trusted by its exact name, or elsewhere only, is named', async () => {
  const { der } = (await makeAuthority()).root
  const name = formatName(parseCertificate(der).subject)
  const check = (issuer: string, environment = 'production') =>
    checkTrustedIssuers(
      [
        {
          name: 'production',
          externalStatus: { mode: 'soft', softHours: 1, issuers: [{ issuer, mode: 'hard' }] },
        },
      ],
      [{ environment, der }],
    ).map(({ text }) => text)
  expect(check(name)).toEqual([])
  expect(check(`${name} `)).toEqual([expect.stringContaining(`(${name}).`)])
  expect(check(name, 'staging')).toEqual([expect.stringContaining('which is no trusted issuer')])
})
