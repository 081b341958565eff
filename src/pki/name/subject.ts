import { findTextProblem } from '../../contract/text-problem.ts'
import { PosternError } from '../../errors.ts'
import { oids } from '../der/oids.ts'
import { countries } from './countries.ts'
import type { DistinguishedName } from './name.ts'

/** The subject of a certificate. `state` may be empty. */
export type Subject = {
  organizationName: string
  country: string
  state: string
  commonName: string
}

/** Upper bounds in characters (RFC 5280, appendix A.1: ub-organization-name, ub-state-name, ub-common-name). */
export const subjectLimits = { organizationName: 64, state: 128, commonName: 64 } as const

/**
 * Returns the legal name as a certificate can carry it: complete if it fits, else as many of its words as fit
 * (X.520 allows 64 characters), else its first 64 characters. Common name and SAN URI identify the
 * organization in any case.
 */
export function fitOrganizationName(legalName: string): string {
  const characters = [...legalName.normalize('NFC').trim()]
  const most = subjectLimits.organizationName
  if (characters.length <= most) return characters.join('')
  const end = characters.slice(0, most + 1).lastIndexOf(' ')
  return characters
    .slice(0, end > 0 ? end : most)
    .join('')
    .trim()
}

const labels = {
  organizationName: 'The organization name',
  state: 'The state or province',
  commonName: 'The certificate name',
} as const

const countryCodes = new Set(countries.map(({ code }) => code))

/**
 * Returns the subject, trimmed and in Unicode normal form C, ready for a certificate. Throws
 * `subject_invalid` with a sentence that names the field and the correction.
 */
export function checkSubject(subject: Subject): Subject {
  return {
    organizationName: required('organizationName', checkText('organizationName', subject.organizationName)),
    country: checkCountry(subject.country),
    state: checkText('state', subject.state),
    commonName: required('commonName', checkText('commonName', subject.commonName)),
  }
}

/**
 * Returns the name in the order in which Postern writes it: C, ST if given, O, CN. Requires a checked
 * subject.
 */
export function subjectName(subject: Subject): DistinguishedName {
  const state = subject.state ? [{ type: oids.stateOrProvinceName, value: subject.state }] : []
  return [
    { type: oids.countryName, value: subject.country },
    ...state,
    { type: oids.organizationName, value: subject.organizationName },
    { type: oids.commonName, value: subject.commonName },
  ]
}

function checkText(field: keyof typeof subjectLimits, given: string): string {
  // Lone surrogates are checked before normalizing, trimming applies to the normal form.
  const text = given.normalize('NFC').trim()
  const problem = findTextProblem(text)
  if (problem !== undefined)
    throw rejection(`${labels[field]} ${problem}. Type it again instead of pasting it.`)
  const length = [...text].length
  const most = subjectLimits[field]
  if (length > most)
    throw rejection(
      `${labels[field]} has ${length} characters; a certificate holds at most ${most} (RFC 5280). Use a shorter form of it.`,
    )
  return text
}

function required(field: keyof typeof subjectLimits, text: string): string {
  if (text === '') throw rejection(`${labels[field]} is missing. Fill it in.`)
  return text
}

/** Returns the code of a country in upper case. Throws `subject_invalid` for any but those of ISO 3166-1. */
function checkCountry(given: string): string {
  const code = given.trim().toUpperCase()
  if (!countryCodes.has(code))
    throw rejection(
      'The country is not a two-letter code of ISO 3166-1, such as DE or GB. Choose it from the list.',
    )
  return code
}

/**
 * Throws `subject_invalid` for facts of an organization that no certificate can name; a legal name is shortened as its
 * certificates have it. Facts that are not given are not checked.
 */
export function assertCertifiable({
  legalName,
  country,
  state,
}: {
  legalName?: string | undefined
  country?: string | undefined
  state?: string | undefined
}): void {
  if (legalName !== undefined)
    required('organizationName', checkText('organizationName', fitOrganizationName(legalName)))
  if (country !== undefined) checkCountry(country)
  if (state !== undefined) checkText('state', state)
}

function rejection(sentence: string): PosternError {
  return new PosternError('subject_invalid', sentence)
}
