import { isDeepStrictEqual } from 'node:util'
import { encodeName, formatName, parseName, type parseTaggedName } from '../../src/pki/name/name.ts'
import { parseDistinguishedName } from '../../src/pki/name/parse-distinguished-name.ts'
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

/** A name as it is read from what its writer writes. */
export const readBack = (name: NonNullable<ReturnType<typeof parseDistinguishedName>>) =>
  parseDistinguishedName(formatName(name))
