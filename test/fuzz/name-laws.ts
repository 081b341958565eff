import { isDeepStrictEqual } from 'node:util'
import { encodeName, formatName, parseName, type parseTaggedName } from '../../src/pki/name.ts'
import { parseDistinguishedName } from '../../src/tokens/parse-distinguished-name.ts'
import { attempt } from './attempt.ts'
import { readWhole } from './read-whole.ts'

type TaggedName = ReturnType<typeof parseTaggedName>

/** A name that its writer writes: encoded, it is read as the same name. */
export function findBrokenNameLaw(name: TaggedName): string | undefined {
  const plain = name.map(({ type, value }) => ({ type, value }))
  if (!plain.every(({ value }) => value.isWellFormed())) return 'a name is well-formed Unicode'
  const again = attempt(() => readWhole(encodeName(plain), parseName))
  // The writer leaves it to its caller that the string type of a country has its letters.
  if (again instanceof Error) return undefined
  return isDeepStrictEqual(again, plain) ? undefined : 'a name that is read is written and read the same'
}

/** Types without a short name are written as octets, which the reader of text leaves as they stand. */
export function readBack(name: NonNullable<ReturnType<typeof parseDistinguishedName>>) {
  return /=#[0-9a-f]*/.test(formatName(name)) ? name : parseDistinguishedName(formatName(name))
}
