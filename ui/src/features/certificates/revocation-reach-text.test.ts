import { expect, test } from 'vitest'
import type { RevocationReachView } from '../../../../src/contract/gateway.ts'
import { revocationReachText } from './revocation-reach-text.ts'

const gateway = (changes: Partial<RevocationReachView['gateways'][number]> = {}) => ({
  name: 'Gateway 1',
  state: 'running' as const,
  confirmedAt: '2026-01-01T00:00:00.000Z',
  durationMilliseconds: 1,
  late: false,
  ...changes,
})
const view = (changes: Partial<RevocationReachView>): RevocationReachView => ({
  revokedAt: '2026-01-01T00:00:00.000Z',
  durationMilliseconds: 84,
  closedConnections: 2,
  gateways: [gateway(), gateway(), gateway()],
  ...changes,
})

test.each([
  [view({}), 'Enforced on 3/3 gateways in 84 ms; 2 open connections closed.'],
  [
    view({ gateways: [gateway()], closedConnections: 1, durationMilliseconds: 1234 }),
    'Enforced on 1/1 gateway in 1,234 ms; 1 open connection closed.',
  ],
  [
    view({
      gateways: [gateway(), gateway({ confirmedAt: null })],
      durationMilliseconds: null,
      closedConnections: 0,
    }),
    'Enforced on 1/2 gateways so far; 0 open connections closed.',
  ],
  [
    view({ gateways: [gateway(), gateway({ confirmedAt: null, state: 'stopped' })] }),
    'Enforced on 1/1 gateway in 84 ms; 2 open connections closed.',
  ],
])('the text about a revocation says how many gateways have applied it', (given, sentence) => {
  expect(revocationReachText(given)).toBe(sentence)
})
