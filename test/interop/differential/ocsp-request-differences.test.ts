import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/pki/der/fingerprint.ts'
import { parseOcspRequest } from '../../../src/pki/status/ocsp-request.ts'
import { openToolFolder } from '../../support/tool-folder.ts'
import { inputsFrom } from './differential-inputs.ts'
import { type Details, findDifferences } from './judge.ts'
import { createLedger } from './known-differences.ts'
import { publicOcspRequests } from './public-inputs.ts'

function posternOcspRequest(der: Uint8Array): Details {
  const { certificateIds } = parseOcspRequest(der)
  return {
    hashes: certificateIds
      .flatMap(({ issuerNameHash, issuerKeyHash }) => [issuerNameHash, issuerKeyHash])
      .map(toHex)
      .join('\n'),
    serialNumbers: certificateIds
      .map(({ serialNumber }) => BigInt.asIntN(serialNumber.length * 8, BigInt(`0x${toHex(serialNumber)}`)))
      .join('\n'),
  }
}

/** Parses the output of `openssl ocsp -req_text`. */
function opensslOcspRequest(der: Uint8Array): Details {
  using folder = openToolFolder()
  folder.write('request.der', der)
  const { stdout, stderr, status } = spawnSync('openssl', 'ocsp -reqin request.der -req_text'.split(' '), {
    cwd: folder.path,
    encoding: 'latin1',
  })
  if (status !== 0 || !stdout.includes('OCSP Request Data')) throw new Error(stderr.split('\n')[0])
  // OpenSSL breaks long lines.
  const lines = stdout.replaceAll('\\\n', '')
  const all = (pattern: RegExp) => [...lines.matchAll(pattern)].map(([, value = '']) => value.toLowerCase())
  return {
    // OpenSSL prints 0 for an empty value.
    hashes: all(/^ {10}Issuer (?:Name|Key) Hash: ?(?:0$)?(.*)$/gm).join('\n'),
    serialNumbers: all(/^ {10}Serial Number: (-?[0-9A-F]+)$/gm)
      .map((hex) => (hex.startsWith('-') ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`)))
      .join('\n'),
  }
}

test('an OCSP request is read as by OpenSSL, except for explained differences', async () => {
  const ledger = createLedger()
  for (const { file, der } of inputsFrom(publicOcspRequests(), 150))
    for (const difference of await findDifferences(posternOcspRequest, opensslOcspRequest, der))
      ledger.add('OCSP request', 'OpenSSL', difference, file)
  expect(Object.fromEntries(ledger.unexplained)).toEqual({})
  expect(ledger.counts.size).toBeGreaterThan(3)
}, 120_000)
