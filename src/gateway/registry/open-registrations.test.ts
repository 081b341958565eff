import { expect, test } from 'vitest'
import { createOpenRegistrations } from './open-registrations.ts'

const open = {
  ...{ id: 'reg_1', environment: 'production', challenge: 'c', fingerprintSha256: 'ff', expiresAt: 100 },
}
const proof = {
  ...{ registrationId: 'reg_1', environment: 'production', challenge: 'c', fingerprintSha256: 'ff' },
  ...{ clientAddress: '192.0.2.1', at: 50 },
}

test('a proof is only accepted for a pending registration, and until it expires', () => {
  const registrations = createOpenRegistrations()
  expect(registrations.isAwaited(proof)).toBe(false)
  registrations.set(open)
  expect(registrations.isAwaited(proof)).toBe(true)
  for (const other of [
    { registrationId: 'reg_2' },
    { environment: 'staging' },
    { challenge: 'd' },
    { fingerprintSha256: 'ee' },
    { at: 100 },
  ])
    expect(registrations.isAwaited({ ...proof, ...other })).toBe(false)
  registrations.forgetOver(99)
  expect(registrations.isAwaited(proof)).toBe(true)
  registrations.forgetOver(100)
  expect(registrations.isAwaited(proof)).toBe(false)
})
