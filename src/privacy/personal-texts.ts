/** What names a person in the store. */
export interface PersonalTexts {
  /** IDs of the user and of what belongs to the user: rows about them are the user's own. */
  ids: string[]
  /** Addresses that are the user's and nobody else's: they are replaced everywhere. */
  addresses: string[]
  /** Addresses that the user has only asked for, or that are another user's now: they are replaced in own rows. */
  ownAddresses: string[]
  /** Names of the user: replaced in own rows, where people write free text. */
  names: string[]
}

/** Replaces the texts of a person by a pseudonym. */
export interface Replacement {
  /** Returns whether a row with these IDs is the person's own. */
  isOwn(...ids: (string | null)[]): boolean
  replaceText(text: string, isOwn?: boolean): string
  /** The same for a text that people have chosen: names of own rows are replaced too. */
  replaceLabel(text: string, isOwn: boolean): string
  /** Replaces in the strings of a JSON text, and leaves its form otherwise; a text that is no JSON stays. */
  replaceJson(json: string, options?: JsonOptions): string
}

interface JsonOptions {
  isOwn?: boolean
  /** Whether an address is taken out of a list of contacts, alone or as a member, which has to hold addresses. */
  dropContacts?: boolean
}

/** Members of JSON that hold what people have written. Names are replaced in no others: a role may be called the same. */
const freeText = new Set([
  'name',
  'label',
  'description',
  'owner',
  'relatedService',
  'rotationPolicy',
  'reason',
])

/**
 * Creates the replacement of a person's texts. Letter case does not matter; an address that is part of a longer one stays,
 * and so does a name that is part of a word.
 */
export function createReplacement(texts: PersonalTexts, pseudonym: string): Replacement {
  const everywhere = toPattern(texts.addresses, addressEdges)
  const inOwn = toPattern([...texts.addresses, ...texts.ownAddresses], addressEdges)
  const names = toPattern(texts.names, nameEdges)
  const ids = new Set(texts.ids)
  const addresses = new Set(texts.addresses.map((address) => address.toLowerCase()))
  const put = (text: string, pattern: RegExp | undefined) =>
    pattern === undefined ? text : text.replace(pattern, () => pseudonym)
  const replaceText = (text: string, isOwn = false) => put(text, isOwn ? inOwn : everywhere)
  const replaceLabel = (text: string, isOwn = false) =>
    isOwn ? put(replaceText(text, isOwn), names) : replaceText(text)

  const walk = (value: unknown, member: string, { isOwn, dropContacts }: JsonOptions): unknown => {
    if (typeof value === 'string') {
      return freeText.has(member) ? replaceLabel(value, isOwn) : replaceText(value, isOwn)
    }
    if (Array.isArray(value)) {
      const kept =
        dropContacts && member === 'contacts'
          ? value.filter((one) => !addresses.has(String(one).toLowerCase()))
          : value
      return kept.map((one) => walk(one, member, { isOwn, dropContacts } as JsonOptions))
    }
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        walk(one, name, { isOwn, dropContacts } as JsonOptions),
      ]),
    )
  }

  return {
    isOwn: (...found) => found.some((id) => id !== null && ids.has(id)),
    replaceText,
    replaceLabel,
    replaceJson(json, options = {}) {
      const value = parse(json)
      if (value === undefined) return replaceText(json, options.isOwn)
      const replaced = JSON.stringify(walk(value, options.dropContacts ? 'contacts' : '', options))
      // What holds nothing of the person keeps its octets, however it was written.
      return replaced === JSON.stringify(value) ? json : replaced
    },
  }
}

const addressEdges = ['(?<![\\p{L}\\p{N}._%+-])', '(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])'] as const
const nameEdges = ['(?<![\\p{L}\\p{N}])', '(?![\\p{L}\\p{N}])'] as const

const escapePattern = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

function toPattern(texts: readonly string[], [before, after]: readonly [string, string]): RegExp | undefined {
  const given = [...new Set(texts)].filter((text) => text !== '').sort((a, b) => b.length - a.length)
  if (given.length === 0) return undefined
  return new RegExp(`${before}(?:${given.map(escapePattern).join('|')})${after}`, 'giu')
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
