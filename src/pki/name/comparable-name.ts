import { DerReader, openSequence } from '../der/der-reader.ts'
import { sequence } from '../der/der-writer.ts'
import { parseTaggedName } from './name.ts'

const code = 'certificate_malformed'

/**
 * Returns the relative names of a DER Name, each as a text that is equal for equivalent names: case, string
 * type, width of characters and redundant white space make no difference (RFC 5280, section 7.1). Throws
 * `certificate_malformed`.
 */
export function comparableParts(nameDer: Uint8Array): string[] {
  const names = openSequence(nameDer, code)
  const parts: string[] = []
  while (!names.isAtEnd()) parts.push(toPart(names.readEncoded()))
  return parts
}

/** Returns all of {@link comparableParts} as one text. */
export const comparableName = (nameDer: Uint8Array): string => JSON.stringify(comparableParts(nameDer))

/** Returns one relative name as text. Attributes in one relative name have no order (X.501, section 9.3). */
function toPart(setDer: Uint8Array): string {
  const attributes = parseTaggedName(new DerReader(sequence(setDer), code))
  return JSON.stringify(attributes.map(({ type, value }) => `${type}=${prepare(value)}`).toSorted())
}

const prepare = (value: string) => value.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ')
