import { expect, test } from 'vitest'
import { inputsFrom } from './differential-inputs.ts'
import { findDifferences, takes } from './judge.ts'
import { createLedger } from './known-differences.ts'
import { locateInRequest } from './locate-refusal.ts'
import { type PublicInput, publicRequests } from './public-inputs.ts'
import { opensslRequest, peculiarRequest, posternRequest } from './request-judges.ts'

test.each([
  ['OpenSSL', opensslRequest, 250],
  ['@peculiar/x509', peculiarRequest, 1000],
])(
  'a CSR is read as by %s, except for explained differences',
  async (name, other, count) => {
    const ledger = createLedger()
    for (const { file, der } of inputsFrom(publicRequests(), count).filter(isBinary))
      for (const difference of await findDifferences(posternRequest, other, der)) {
        const where =
          difference.what === 'taken' ? `: ${await locateInRequest(der, (each) => takes(other, each))}` : ''
        ledger.add('CSR', name, { ...difference, what: difference.what + where }, file)
      }
    expect(Object.fromEntries(ledger.unexplained)).toEqual({})
    expect(ledger.counts.size).toBeGreaterThan(5)
  },
  120_000,
)

/** Returns whether an input is DER: Postern also accepts PEM and base64, the other readers here do not. */
const isBinary = ({ der }: PublicInput) => der[0] === 0x30
