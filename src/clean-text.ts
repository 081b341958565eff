/** What no record needs: NUL, which PostgreSQL refuses, other controls, line separators and what turns the direction of text. */
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * Text as every store takes it and every page can show it: at most `most` UTF-16 units, well formed, without controls;
 * what is not so is replaced by U+FFFD. Clean text is given back as it is.
 */
export function cleanText(text: string, most: number): string {
  const short = text.length > most ? text.slice(0, most) : text
  if (short.isWellFormed() && short.search(unwanted) < 0) return short
  return short.toWellFormed().replaceAll(unwanted, '\ufffd')
}

/** At most `most` UTF-16 units of `text`, in memory of their own: what is cut off is not kept alive. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  return Buffer.from(text.slice(0, most).toWellFormed(), 'utf8').toString('utf8')
}
