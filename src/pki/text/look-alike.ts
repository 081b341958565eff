/** The alphabets with so many similar letters that one word can be spelled in either. */
const alphabets = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee'] as const

const patterns = alphabets.map((alphabet) => [alphabet, new RegExp(`\\p{Script=${alphabet}}`, 'u')] as const)
const word = /[\p{L}\p{M}]+/gu
const letter = /\p{L}/gu
/**
 * Cyrillic and Greek letters that look like Latin ones; four of them, since the legal form ООО is legitimate.
 */
const twins = /^[аеорсухіјѕһӏԁԛԝАВЕЅІЈКМНОРСТУХҮԌԚԜοιυνραΑΒΕΖΗΙΚΜΝΟΡΤΥΧ\p{M}]{4,}$/u

/** A word that may imitate another, and the reason, in words that follow it. */
export interface LookAlike {
  word: string
  reason: string
}

/**
 * Returns the words of a text that may imitate others: letters of several alphabets in one word, a word of
 * only letters that look Latin, and letters that are a variant of another, such as 𝐀 or Ａ.
 */
export function findLookAlikes(text: string): LookAlike[] {
  return (text.normalize('NFC').match(word) ?? []).flatMap((each) => {
    const reason = findReason(each)
    return reason === undefined ? [] : [{ word: each, reason }]
  })
}

function findReason(each: string): string | undefined {
  const used = patterns.filter(([, pattern]) => pattern.test(each)).map(([alphabet]) => alphabet)
  if (used.length > 1) return `mixes ${used.join(' and ')} letters`
  if (used[0] !== 'Latin' && twins.test(each)) return `is ${used[0]}, but its letters look Latin`
  const isForm = (each.match(letter) ?? []).some((one) => one.normalize('NFKC') !== one)
  return isForm ? 'holds letters that are a mere form of others' : undefined
}
