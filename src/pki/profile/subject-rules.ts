import { hasHiddenCharacters } from '../../contract/hidden-characters.ts'
import { tags } from '../der/der-tags.ts'
import { oidName, oids } from '../der/oids.ts'
import { subjectLimits } from '../name/subject.ts'
import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'

const upperBounds = new Map<string, number>([
  [oids.organizationName, subjectLimits.organizationName],
  [oids.stateOrProvinceName, subjectLimits.state],
  [oids.commonName, subjectLimits.commonName],
  [oids.countryName, 2],
])

/** The rules for the subject of a client certificate. */
export const subjectRules: readonly CertificateRule[] = [
  {
    rule: 'subject complete',
    clause: 'RFC 5280, 4.1.2.6',
    findProblem: ({ subject }) => {
      const types = subject.map(({ type }) => type)
      const needed = [oids.countryName, oids.organizationName, oids.commonName]
      const isComplete = needed.every((type) => types.includes(type)) && new Set(types).size === types.length
      return unless(isComplete, 'country, organization or common name is missing or there twice')
    },
  },
]

/** What the subject of a certificate of Postern's own keeps. */
export const commonNameRule: CertificateRule = {
  rule: 'subject complete',
  clause: 'RFC 5280, 4.1.2.6',
  findProblem: ({ subject }) =>
    unless(
      subject.some(({ type }) => type === oids.commonName),
      'the common name is missing',
    ),
}

/** The rules for every name in a certificate of Postern. */
export const nameRules: readonly CertificateRule[] = [
  {
    rule: 'subject in the right string types',
    clause: 'RFC 5280, 4.1.2.4 and A.1',
    findProblem: ({ subject }) => {
      const wrong = subject.find(
        ({ type, tag }) => tag !== (type === oids.countryName ? tags.printableString : tags.utf8String),
      )
      return wrong && `${oidName(wrong.type)} has another string type`
    },
  },
  {
    rule: 'subject within its bounds',
    clause: 'RFC 5280, A.1',
    findProblem: ({ subject }) => {
      const wrong = subject.find(({ type, value }) => !isValueSound(value, upperBounds.get(type)))
      return wrong && `${oidName(wrong.type)} is empty, too long, or holds hidden characters`
    },
  },
  {
    rule: 'country code',
    clause: 'RFC 5280, A.1',
    findProblem: ({ subject }) =>
      unless(
        subject.every(({ type, value }) => type !== oids.countryName || /^[A-Z]{2}$/.test(value)),
        'the country is no code of two letters',
      ),
  },
]

function isValueSound(value: string, most = 0): boolean {
  const length = [...value].length
  return length >= 1 && length <= most && !hasHiddenCharacters(value)
}
