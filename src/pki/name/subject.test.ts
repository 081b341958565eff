import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PosternError } from '../../errors.ts'
import { countries } from './countries.ts'
import { formatName } from './name.ts'
import { checkSubject, fitOrganizationName, type Subject, subjectLimits, subjectName } from './subject.ts'

const sound: Subject = { organizationName: 'Acme Ltd', country: 'GB', state: 'Kent', commonName: 'acme-0001' }

describe('a subject is accepted', () => {
  test.each([
    'Łódź Płatności S.A.',
    "O'Neil & Co / Ltd",
    '"Quoted" GmbH',
    '100% $HOME',
    '日本株式会社',
    'شرکت می‌خواهم',
    'हिन्दी क्\u200dष',
    '葛\u{e0100}城商店',
    'Acme\u00ae\ufe0f',
    'x'.repeat(64),
    '😀'.repeat(64),
  ])('with the organization name %s', (organizationName) => {
    expect(checkSubject({ ...sound, organizationName })).toEqual({ ...sound, organizationName })
  })

  test('without a state, which the name then omits', () => {
    expect(formatName(subjectName(checkSubject({ ...sound, state: ' ' })))).toBe(
      'CN=acme-0001,O=Acme Ltd,C=GB',
    )
    expect(formatName(subjectName(sound))).toBe('CN=acme-0001,O=Acme Ltd,ST=Kent,C=GB')
  })

  test('with trimmed text in normal form C and the country in capitals', () => {
    const given = {
      organizationName: ' Zoe\u0308 ',
      country: ' gb',
      state: '\tKent\n',
      commonName: 'acme-0001',
    }
    expect(checkSubject(given)).toEqual({ ...sound, organizationName: 'Zoë' })
  })
})

describe('a subject is rejected', () => {
  test.each<[string, Partial<Subject>, string]>([
    ['no organization', { organizationName: ' ' }, 'The organization name is missing'],
    [
      '65 characters',
      { organizationName: 'x'.repeat(65) },
      'has 65 characters; a certificate holds at most 64 (RFC 5280)',
    ],
    [
      'a legal name of 200 characters',
      { organizationName: 'é'.repeat(200) },
      '200 characters; a certificate holds at most 64',
    ],
    ['129 characters of state', { state: 'x'.repeat(129) }, 'The state or province has 129 characters'],
    ['no name', { commonName: '' }, 'The certificate name is missing'],
    ['a name too long', { commonName: 'a'.repeat(65) }, 'The certificate name has 65'],
    [
      'a line break inside',
      { organizationName: 'a\nb' },
      'The organization name holds characters that cannot be seen',
    ],
    ['a NUL', { organizationName: 'a\0b' }, 'cannot be seen'],
    ['a direction mark', { organizationName: 'a\u202Eb' }, 'direction mark'],
    ['a direction mark of the newer kind', { state: 'a\u2066b' }, 'The state or province holds'],
    ['a zero-width space', { organizationName: 'a\u200Bb' }, 'cannot be seen'],
    ['a joiner between Latin letters', { organizationName: 'Ac\u200cme' }, 'cannot be seen'],
    ['a filler that is a letter', { organizationName: 'Acme\u3164' }, 'cannot be seen'],
    ['a variation selector behind a letter', { organizationName: 'Acme\ufe0f' }, 'cannot be seen'],
    ['tag characters', { organizationName: 'Acme\u{e0041}' }, 'cannot be seen'],
    ['half of a surrogate pair', { organizationName: 'a\ud800' }, 'cannot be seen'],
    ['an unknown country', { country: 'UK' }, 'ISO 3166-1'],
    ['the full name of a country', { country: 'Germany' }, 'ISO 3166-1'],
    ['no country', { country: '' }, 'ISO 3166-1'],
  ])('with %s', (_, changes, words) => {
    expect(() => checkSubject({ ...sound, ...changes })).toThrow(
      expect.objectContaining({ code: 'subject_invalid', message: expect.stringContaining(words) }),
    )
  })
})

test('a checked subject is not changed by a second check', () => {
  const texts = fc.string({ unit: 'binary', maxLength: 70 })
  fc.assert(
    fc.property(texts, texts, (organizationName, state) => {
      try {
        const once = checkSubject({ ...sound, organizationName, state })
        expect(checkSubject(once)).toEqual(once)
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError)
      }
    }),
  )
})

test('the list of countries has each code once and is in the order of its names', () => {
  expect(countries).toHaveLength(249)
  expect(new Set(countries.map(({ code }) => code)).size).toBe(249)
  const names = countries.map(({ name }) => name)
  expect(names).toEqual(names.toSorted(new Intl.Collator('en').compare))
})

test.each([
  ['Łódź Płatności S.A.', 'Łódź Płatności S.A.'],
  [`${'Very '.repeat(12)}Long Holding Company Ltd`, `${'Very '.repeat(12)}Long`.slice(0, 64)],
  ['日'.repeat(200), '日'.repeat(64)],
  [`  ${'a'.repeat(64)}  `, 'a'.repeat(64)],
])('the legal name %s fits a certificate as %s', (legalName, fitted) => {
  expect(fitOrganizationName(legalName)).toBe(fitted)
  expect([...fitted].length).toBeLessThanOrEqual(subjectLimits.organizationName)
})
