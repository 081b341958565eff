import { systemName } from './actor-name.ts'

/** The initiator of an action: a user, or a component of Postern. `origin` is their client address. */
export interface Actor {
  kind: 'person' | 'system'
  id: string
  name: string
  origin: string
}

/** Returns a component of Postern as an actor. */
export function systemActor(name: string): Actor {
  return { kind: 'system', id: name, name: systemName, origin: 'internal' }
}
