import { expect, test } from 'vitest'
import { cleanText, cutText } from './clean-text.ts'

test.each([
  ['a NUL', 'a\0b', 'a\ufffdb'],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
  ['half of a surrogate pair at the end', '12345678\ud83d\ude00', '12345678\ufffd'],
  ['line ends and separators', 'a\r\n\u2028b\u0085', 'a\ufffd\ufffd\ufffdb\ufffd'],
  ['bidirectional marks', 'a\u202eb\u2066c', 'a\ufffdb\ufffdc'],
  ['a text over the limit', '1234567890', '123456789'],
  ['no characters of other scripts', 'Łódź 支付', 'Łódź 支付'],
])('text is cleaned of %s', (_, given, expected) => {
  expect(cleanText(given, 9)).toBe(expected)
})

test('text within the limit is kept, and longer text is cut', () => {
  expect(cutText('12345', 5)).toBe('12345')
  expect(cutText('123456', 5)).toBe('12345')
})
