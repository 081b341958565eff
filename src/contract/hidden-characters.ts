/** Scripts that are written with joiners: words of Persian, Hindi and others are misspelled without them. */
const joining =
  'Arabic Syriac Nko Mongolian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Tibetan'
const joiner = `(?<=[${joining.replace(/\w+/g, '\\p{Script=$&}').replaceAll(' ', '')}])[\\u200c\\u200d]`
/** Variation selectors behind a character that has several forms. */
const variation =
  '(?<=[\\p{Script=Han}\\p{Script=Mongolian}\\p{Extended_Pictographic}])[\\u180b-\\u180f\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]'
const control = '[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Co}\\p{Cn}\\p{Cs}\\u2800]'

/**
 * Characters that a reader does not see, or that change how the text around them looks: controls, line
 * separators, bidirectional and other format characters, fillers, the blank Braille pattern, variation
 * selectors and joiners that belong to no letter, private use, unassigned, lone surrogates.
 */
export const hiddenCharacters: RegExp = new RegExp(
  `${control}|(?!${joiner}|${variation})[\\p{Cf}\\p{Default_Ignorable_Code_Point}]`,
  'gu',
)

/** Returns whether `text` holds any of {@link hiddenCharacters}. */
export function hasHiddenCharacters(text: string): boolean {
  return text.search(hiddenCharacters) >= 0
}
