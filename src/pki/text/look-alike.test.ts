import { expect, test } from 'vitest'
import { countries } from '../name/countries.ts'
import { findLookAlikes } from './look-alike.ts'

test.each([
  ['Асme Ltd', 'Асme', 'mixes Latin and Cyrillic letters'],
  ['Global Раураl', 'Раураl', 'mixes Latin and Cyrillic letters'],
  ['Раура', 'Раура', 'is Cyrillic, but its letters look Latin'],
  ['ΝΟΚΙΑ Group', 'ΝΟΚΙΑ', 'is Greek, but its letters look Latin'],
  ['αcme', 'αcme', 'mixes Latin and Greek letters'],
  ['Ａｃｍｅ', 'Ａｃｍｅ', 'holds letters that are a mere form of others'],
  ['𝐀cme', '𝐀cme', 'holds letters that are a mere form of others'],
])('a look-alike word of %s is found', (text, word, reason) => {
  expect(findLookAlikes(text)).toEqual([{ word, reason }])
})

test.each([
  'Acme Ltd',
  'Łódź Płatności S.A.',
  'Zoe\u0308 & Fils',
  'ООО Ромашка',
  'ООО «Альфа-Банк» (Alfa-Bank)',
  'Ελληνική Εταιρεία Α.Ε.',
  '株式会社ソニー Sony',
  'شرکت می‌خواهم',
  'קבוצת Acme',
  '',
])('no look-alike word is found in %s', (text) => {
  expect(findLookAlikes(text)).toEqual([])
})

test('no look-alike word is found in the name of any country', () => {
  expect(countries.flatMap(({ name }) => findLookAlikes(name))).toEqual([])
})
