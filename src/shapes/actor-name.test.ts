import { expect, test } from 'vitest'
import { getAddresses } from './actor-name.ts'

test('emails are sent to users by their sign-in address, and to no component of Postern', () => {
  expect(getAddresses('dev@acme.example')).toEqual(['dev@acme.example'])
  expect(getAddresses('operator')).toEqual(['operator'])
  expect(getAddresses('Postern')).toEqual([])
  expect(getAddresses('')).toEqual([])
})
