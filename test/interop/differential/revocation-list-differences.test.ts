import { expect, test } from 'vitest'
import { inputsFrom } from './differential-inputs.ts'
import { findDifferences, takes } from './judge.ts'
import { createLedger } from './known-differences.ts'
import { locateInRevocationList } from './locate-refusal.ts'
import { publicRevocationLists } from './public-inputs.ts'
import {
  opensslRevocationList,
  peculiarRevocationList,
  posternRevocationList,
} from './revocation-list-judges.ts'

test.each([
  ['OpenSSL', opensslRevocationList, 100],
  ['@peculiar/x509', peculiarRevocationList, 1000],
])('a CRL is read as by %s, except for explained differences', async (name, other, count) => {
  const ledger = createLedger()
  for (const { file, der } of inputsFrom(publicRevocationLists(), count))
    for (const difference of await findDifferences(posternRevocationList, other, der)) {
      const where =
        difference.what === 'taken'
          ? `: ${await locateInRevocationList(der, (each) => takes(other, each))}`
          : ''
      ledger.add('CRL', name, { ...difference, what: difference.what + where }, file)
    }
  expect(Object.fromEntries(ledger.unexplained)).toEqual({})
  expect(ledger.counts.size).toBeGreaterThan(5)
})
