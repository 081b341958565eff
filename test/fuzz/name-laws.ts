import { isDeepStrictEqual } from 'node:util'
import { encodeName, formatName, parseName, type parseTaggedName } from '../../src/pki/name/name.ts'
import { parseDistinguishedName } from '../../src/pki/name/parse-distinguished-name.ts'
import { attempt } from './attempt.ts'
import { readWhole } from './read-whole.ts'

type TaggedName = ReturnType<typeof parseTaggedName>

/** Checks that a name written by the encoder is read back as the same name. */
export function findBrokenNameLaw(name: TaggedName): string | undefined {
  const plain = name.map(({ type, value }) => ({ type, value }))
  if (!plain.every(({ value }) => value.isWellFormed())) return 'a name is well-formed Unicode'
  const again = attempt(() => readWhole(encodeName(plain), parseName))
  // The encoder relies on its caller for a country in PrintableString characters.
  if (again instanceof Error) return undefined
  return isDeepStrictEqual(again, plain) ? undefined : 'a name that is read is written and read the same'
}

/** Returns a name as it is read from the encoder's output. */
export const readBack = (name: NonNullable<ReturnType<typeof parseDistinguishedName>>) =>
  parseDistinguishedName(formatName(name))
