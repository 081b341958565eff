import { hasHiddenCharacters } from '../../contract/hidden-characters.ts'
import { PosternError } from '../../errors.ts'
import { type DerReader, openSequence } from '../der/der-reader.ts'
import { decodeString } from '../der/der-string.ts'
import { tags } from '../der/der-tags.ts'
import { oids } from '../der/oids.ts'
import type { ParsedCertificate } from './certificate.ts'
import { parseTbsCertificate } from './tbs-certificate.ts'

/** What a certificate says of itself by qualified certificate statements; nobody has verified it here. */
export interface QualifiedDetails {
  /** Whether it claims to be an EU qualified certificate (ETSI EN 319 412-5, section 4.2.1). */
  isQualified: boolean
  /** What it is for: `web` for a QWAC, `eseal`, `esign`, or another type as an object identifier (section 4.2.3). */
  types: string[]
  /** The identifier of the organization in the subject (ETSI EN 319 412-1, section 5.1.4); null without one. */
  organizationIdentifier: string | null
  /** The roles of a payment service provider (ETSI TS 119 495, section 5.1); null without such a statement. */
  psd2: { roles: string[]; authorityName: string; authorityId: string } | null
}

const code = 'certificate_malformed'
/** More is an attack. */
const maxStatements = 32
const maxRoles = 16
/** ETSI TS 119 495, annex A. */
const maxText = 256

const statements = {
  compliance: '0.4.0.1862.1.1',
  type: '0.4.0.1862.1.6',
  psd2: '0.4.0.19495.2',
}
const types: ReadonlyMap<string, string> = new Map([
  ['0.4.0.1862.1.6.1', 'esign'],
  ['0.4.0.1862.1.6.2', 'eseal'],
  ['0.4.0.1862.1.6.3', 'web'],
])
const roles: ReadonlyMap<string, string> = new Map([
  ['0.4.0.19495.1.1', 'PSP_AS'],
  ['0.4.0.19495.1.2', 'PSP_PI'],
  ['0.4.0.19495.1.3', 'PSP_AI'],
  ['0.4.0.19495.1.4', 'PSP_IC'],
])

/**
 * Returns what the qualified certificate statements of a certificate say (RFC 3739, section 3.2.6); undefined without
 * any, and `unreadable` if they are not the DER that their standards require.
 */
export function findQualifiedDetails(
  certificate: ParsedCertificate,
): QualifiedDetails | 'unreadable' | undefined {
  try {
    const { extensions } = parseTbsCertificate(certificate.tbs, code)
    const extension = extensions.find(({ oid }) => oid === oids.qcStatements)
    return extension && parseStatements(extension.value, findOrganizationIdentifier(certificate))
  } catch (error) {
    if (error instanceof PosternError) return 'unreadable'
    throw error
  }
}

const findOrganizationIdentifier = ({ subject }: ParsedCertificate): string | null =>
  subject.find(({ type }) => type === oids.organizationIdentifier)?.value ?? null

function parseStatements(value: Uint8Array, organizationIdentifier: string | null): QualifiedDetails {
  const details: QualifiedDetails = { isQualified: false, types: [], organizationIdentifier, psd2: null }
  for (const statement of readSequences(openSequence(value, code), maxStatements)) {
    const id = statement.readOid()
    if (id === statements.compliance) details.isQualified = true
    if (id === statements.type) details.types = readTypes(statement.readSequence())
    if (id === statements.psd2) details.psd2 = readPsd2(statement.readSequence())
    // Another statement, or the free information of one that has none here.
    if (!statement.isAtEnd() && !isRead(id)) statement.readEncoded()
    statement.assertEnd()
  }
  return details
}

const isRead = (id: string): boolean => id === statements.type || id === statements.psd2

function* readSequences(reader: DerReader, most: number): Generator<DerReader> {
  for (let count = 0; !reader.isAtEnd(); count += 1) {
    if (count === most) throw reader.refusal(`there are more than ${most} parts`)
    yield reader.readSequence()
  }
}

function readTypes(reader: DerReader): string[] {
  const found: string[] = []
  while (!reader.isAtEnd()) {
    if (found.length === maxStatements) throw reader.refusal('there are too many types')
    const id = reader.readOid()
    found.push(types.get(id) ?? id)
  }
  return found
}

function readPsd2(reader: DerReader): NonNullable<QualifiedDetails['psd2']> {
  const found: string[] = []
  for (const role of readSequences(reader.readSequence(), maxRoles)) {
    const id = role.readOid()
    const name = readText(role)
    role.assertEnd()
    // The identifier decides: a name may be any text.
    found.push(roles.get(id) ?? `${name} (${id})`)
  }
  const [authorityName, authorityId] = [readText(reader), readText(reader)]
  reader.assertEnd()
  return { roles: found, authorityName, authorityId }
}

function readText(reader: DerReader): string {
  const text = decodeString(tags.utf8String, reader.readContent(tags.utf8String))
  if (text === undefined || text === '' || text.length > maxText || hasHiddenCharacters(text))
    throw reader.refusal('a text is not of 1 to 256 visible characters in UTF-8')
  return text
}
