import { expect, test } from 'vitest'
import { findOtherDraft } from './find-other-draft.ts'

test.each([
  [['acme-0001'], 'acme-0001'],
  [['acme-0033'], undefined],
  [['my-service'], undefined],
  [['globex-0001'], undefined],
  [['acme-0001', 'acme-0033'], undefined],
  [[], undefined],
])('a CSR for %j in acme-0033 was made for %s', (names, other) =>
  expect(findOtherDraft(names, 'acme-0033', 'acme')).toBe(other),
)
