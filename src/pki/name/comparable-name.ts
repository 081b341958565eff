import { DerReader, openSequence } from '../der/der-reader.ts'
import { sequence } from '../der/der-writer.ts'
import { parseTaggedName } from './name.ts'

const code = 'certificate_malformed'

/**
 * The relative names of a DER Name, each as a text that is the same for names that count as the same:
 * case, string type, width of characters and spare white space make no difference (RFC 5280, 7.1).
 * Throws `certificate_malformed`.
 */
export function comparableParts(nameDer: Uint8Array): string[] {
  const names = openSequence(nameDer, code)
  const parts: string[] = []
  while (!names.isAtEnd()) parts.push(toPart(names.readEncoded()))
  return parts
}

/** The whole of {@link comparableParts} as one text. */
export const comparableName = (nameDer: Uint8Array): string => JSON.stringify(comparableParts(nameDer))

/** Attributes that share one relative name have no order (X.501, 9.3). */
function toPart(setDer: Uint8Array): string {
  const attributes = parseTaggedName(new DerReader(sequence(setDer), code))
  return JSON.stringify(attributes.map(({ type, value }) => `${type}=${prepare(value)}`).toSorted())
}

const prepare = (value: string) => value.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ')
