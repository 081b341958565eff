/** Scripts that write with joiners: without them words of Persian, Hindi and others would be misspelt. */
const joining =
  'Arabic Syriac Nko Mongolian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Tibetan'
const joiner = `(?<=[${joining.replace(/\w+/g, '\\p{Script=$&}').replaceAll(' ', '')}])[\\u200c\\u200d]`
/** What chooses among the forms of a character, where it stands behind one that has several. */
const variation =
  '(?<=[\\p{Script=Han}\\p{Script=Mongolian}\\p{Extended_Pictographic}])[\\u180b-\\u180f\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]'
const control = '[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Co}\\p{Cn}\\p{Cs}\\u2800]'

/**
 * Characters that a reader does not see, or that change what the text around them looks like: controls,
 * line separators, bidirectional and other format characters, fillers, the blank Braille pattern, variation
 * selectors and joiners where they belong to no letter, private use, unassigned, lone surrogates.
 */
export const hiddenCharacters: RegExp = new RegExp(
  `${control}|(?!${joiner}|${variation})[\\p{Cf}\\p{Default_Ignorable_Code_Point}]`,
  'gu',
)

/** Whether `text` holds any of {@link hiddenCharacters}. */
export function hasHiddenCharacters(text: string): boolean {
  return text.search(hiddenCharacters) >= 0
}
