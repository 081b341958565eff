import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/pki/der/fingerprint.ts'
import { findPemBlocks, toPem } from '../../../src/pki/text/pem.ts'
import { openToolFolder } from '../../support/tool-folder.ts'
import { inputsFrom } from './differential-inputs.ts'
import { type Details, findDifferences } from './judge.ts'
import { createLedger } from './known-differences.ts'
import { publicRequests } from './public-inputs.ts'

function posternPem(text: Uint8Array): Details {
  const [first] = findPemBlocks(new TextDecoder().decode(text))
  if (!first) throw new Error('there is no block')
  return { bytes: toHex(first.der) }
}

test('PEM is read as by OpenSSL, except for explained differences', async () => {
  using folder = openToolFolder()
  /** Returns what `openssl asn1parse -strictpem` decodes. */
  const opensslPem = (text: Uint8Array): Details => {
    folder.write('text.pem', text)
    folder.write('out.der', '')
    const args = 'asn1parse -strictpem -in text.pem -noout -out out.der'.split(' ')
    const { stderr } = spawnSync('openssl', args, { cwd: folder.path, encoding: 'utf8' })
    const der = folder.read('out.der')
    if (der.length === 0) throw new Error(stderr.split('\n')[0])
    return { bytes: toHex(der) }
  }
  const encoder = new TextEncoder()
  const texts = publicRequests().map(({ file, der }) => ({
    file,
    der: encoder.encode(toPem('CERTIFICATE REQUEST', der)),
  }))
  const ledger = createLedger()
  for (const { file, der } of inputsFrom(texts, 300))
    for (const difference of await findDifferences(posternPem, opensslPem, der))
      ledger.add('PEM', 'OpenSSL', difference, file)
  expect(Object.fromEntries(ledger.unexplained)).toEqual({})
  expect(ledger.counts.size).toBeGreaterThan(1)
}, 120_000)
