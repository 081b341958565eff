import { expect, test } from 'vitest'
import { addressesOf } from './actor-name.ts'

test('emails are sent to users by their sign-in address, and to no component of Postern', () => {
  expect(addressesOf('dev@acme.example')).toEqual(['dev@acme.example'])
  expect(addressesOf('operator')).toEqual(['operator'])
  expect(addressesOf('Postern')).toEqual([])
  expect(addressesOf('')).toEqual([])
})
