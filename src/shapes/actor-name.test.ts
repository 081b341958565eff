import { expect, test } from 'vitest'
import { addressesOf } from './actor-name.ts'

test('letters go to people, by whatever address they sign in, and to no part of Postern', () => {
  expect(addressesOf('dev@acme.example')).toEqual(['dev@acme.example'])
  expect(addressesOf('operator')).toEqual(['operator'])
  expect(addressesOf('Postern')).toEqual([])
  expect(addressesOf('')).toEqual([])
})
