/**
 * Characters that no record needs: NUL, which PostgreSQL rejects, other controls, line separators and
 * bidirectional marks.
 */
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * Returns text that every store accepts and every page can show: at most `most` UTF-16 units, well formed,
 * without controls; other characters are replaced by U+FFFD. Clean text is returned unchanged.
 */
export function cleanText(text: string, most: number): string {
  const short = text.length > most ? text.slice(0, most) : text
  if (short.isWellFormed() && short.search(unwanted) < 0) return short
  return short.toWellFormed().replaceAll(unwanted, '\ufffd')
}

/** Returns at most `most` UTF-16 units of `text` as a copy, so that the rest can be garbage collected. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  return Buffer.from(text.slice(0, most).toWellFormed(), 'utf8').toString('utf8')
}

/** Returns whether a store can keep `text`: PostgreSQL takes no NUL, and UTF-8 no half of a surrogate pair. */
export const isStorable = (text: string): boolean => !/[\0\p{Cs}]/u.test(text)
