import { systemName } from './actor-name.ts'

/** Who acts: a person, or a part of Postern itself. `origin` is the address they came from. */
export interface Actor {
  kind: 'person' | 'system'
  id: string
  name: string
  origin: string
}

/** A part of Postern as an actor. */
export function systemActor(name: string): Actor {
  return { kind: 'system', id: name, name: systemName, origin: 'internal' }
}
