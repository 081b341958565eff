import { decodeString } from '../../../src/pki/der/der-string.ts'
import { attributeLabel, type DistinguishedName } from '../../../src/pki/name/name.ts'
import type { x509 } from '../../support/peculiar-x509.ts'
import type { Details } from './judge.ts'

/** The labels that all readers know, in upper case. */
const labels = new Set(['CN', 'L', 'ST', 'O', 'OU', 'C', 'STREET', 'DC', 'EMAILADDRESS', 'E', 'SERIALNUMBER'])

function labelOf(type: string): string {
  const label = attributeLabel(type).toUpperCase()
  return labels.has(label) ? label.replace(/^E$/, 'EMAILADDRESS') : '?'
}

/** Formats a name; undefined if a value is not a string, because each reader prints it differently. */
export function nameFact(word: 'subject' | 'issuer', name: DistinguishedName): Details {
  if (name.some(({ value }) => value.startsWith('#'))) return {}
  const attributes = name.map(({ type, value }) => `${labelOf(type)}=${value}`)
  return { [word]: attributes.join('\n'), [`${word} sorted`]: attributes.toSorted().join('\n') }
}

/** Parses a name as OpenSSL prints it in lines: `C=DE`, `O=a\, b + OU=c`. */
export function readOpensslName(text: string): string {
  if (text === '') return ''
  const attributes = text.split(/\n|(?<!\\) \+ /).map((attribute) => {
    const [, label = '', value = ''] = /^([^=]*)=(.*)$/.exec(attribute) ?? []
    return `${labelOf(label)}=${value.replaceAll(/(?:\\[0-9A-F]{2})+|\\(.)/g, decodeEscape)}`
  })
  return attributes.join('\n')
}

const decodeEscape = (escaped: string, letter?: string) =>
  letter ?? Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString()

/**
 * Formats a name of @peculiar/x509, which groups the values of a type within one RDN, and prints values of
 * unknown types as octets (RFC 4514, section 2.4).
 */
export function peculiarNameFact(word: 'subject' | 'issuer', name: InstanceType<typeof x509.Name>): Details {
  const attributes = name
    .toJSON()
    .flatMap((part) => Object.entries(part))
    .flatMap(([type, values]) => values.map((value) => `${labelOf(type)}=${readOctets(value)}`))
  return { [`${word} sorted`]: attributes.sort().join('\n') }
}

function readOctets(value: string): string {
  const bytes = Buffer.from(value.slice(1), 'hex')
  const [tag = 0, length = 0] = bytes
  if (!value.startsWith('#') || length >= 0x80 || bytes.length !== length + 2) return value
  return decodeString(tag, bytes.subarray(2)) ?? value
}
