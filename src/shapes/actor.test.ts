import { expect, test } from 'vitest'
import { readActor, systemActor, toActorRef, toActorView } from './actor.ts'
import { getAddresses } from './actor-name.ts'

test('emails are sent to users by their sign-in address, and to no API key or component of Postern', () => {
  expect(getAddresses('dev@acme.example')).toEqual(['dev@acme.example'])
  expect(getAddresses('Terraform')).toEqual([])
  expect(getAddresses('Postern')).toEqual([])
  expect(getAddresses('')).toEqual([])
})

test('a stored actor is read with its kind, its id and a label', () => {
  const user = { kind: 'operator', id: 'u:1', name: 'op@provider.example', origin: '192.0.2.1' } as const
  const shown = { kind: 'operator', id: 'u:1', label: 'op@provider.example' }
  expect(toActorView(user)).toEqual(shown)
  expect(readActor(user.name, toActorRef(user))).toEqual(shown)
})

test('a task of Postern is labeled with its name, and with the account that ran a command', () => {
  const task = systemActor('issuance')
  expect(readActor(task.name, toActorRef(task))).toEqual({ kind: 'system', id: null, label: 'issuance' })
  expect(toActorView({ kind: 'system', id: 'issuer-rotate', name: 'alice' }).label).toBe(
    'issuer-rotate (alice)',
  )
})

test('a name that was stored alone is a user without an id, or Postern', () => {
  expect(readActor('dev@acme.example', null)).toEqual({ kind: 'person', id: null, label: 'dev@acme.example' })
  expect(readActor('op@x.example', null, 'operator').kind).toBe('operator')
  expect(readActor('Postern', null)).toEqual({ kind: 'system', id: null, label: 'Postern' })
})

test('an actor of a kind that this release does not know is shown by its label', () => {
  expect(toActorView({ kind: 'robot', id: 'r1', name: 'r1@x.example' }).label).toBe('r1@x.example')
})
