import { expect, test } from 'vitest'
import { newSerialNumber } from './serial-number.ts'

test.each([
  [0x00, '40'],
  [0x7f, '7f'],
  [0xff, '7f'],
])(
  'a serial number is positive and has 16 octets, also when the first random octet is %i',
  (drawn, first) => {
    expect(newSerialNumber((count) => new Uint8Array(count).fill(drawn))).toBe(
      first + drawn.toString(16).padStart(2, '0').repeat(15),
    )
  },
)
