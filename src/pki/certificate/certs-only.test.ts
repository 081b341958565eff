import { expect, test } from 'vitest'
import { issueClientCertificate, makeAuthority, makeKey } from '../../../test/support/test-authority.ts'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { findPemBlocks, toPem } from '../text/pem.ts'
import { toPkcs7 } from './certs-only.ts'

test('a .p7b file lists its certificates in OpenSSL and GnuTLS, the leaf first', async () => {
  using folder = openToolFolder()
  const { root, issuing } = await makeAuthority()
  const chain = [issueClientCertificate(issuing, await makeKey()), issuing.der, root.der]
  folder.write('chain.p7b', toPem('PKCS7', toPkcs7(chain)))
  const printed = folder.run('openssl pkcs7 -in chain.p7b -print_certs')
  expect(findPemBlocks(printed).map(({ der }) => der)).toEqual(chain)
  const info = folder.run('certtool --p7-info --infile chain.p7b')
  expect(info).toContain('Number of certificates: 3')
})
