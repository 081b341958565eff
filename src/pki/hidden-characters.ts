/**
 * Characters that a reader does not see, or that change what the text around them looks like: controls,
 * line separators, bidirectional and other format characters (but not the joiners that Persian and Indic
 * scripts need), private use, unassigned, lone surrogates.
 */
export const hiddenCharacters: RegExp = /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/gu

/** Whether `text` holds any of {@link hiddenCharacters}. */
export function hasHiddenCharacters(text: string): boolean {
  return text.search(hiddenCharacters) >= 0
}
