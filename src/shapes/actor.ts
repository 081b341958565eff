import { type ActorKind, type ActorView, actorKinds } from '../contract/actor.ts'
import { systemName } from './actor-name.ts'

/** The initiator of an action. `origin` is the client address. */
export interface Actor {
  kind: ActorKind
  id: string
  name: string
  origin: string
}

/** Returns a component of Postern as an actor. */
export function systemActor(name: string): Actor {
  return { kind: 'system', id: name, name: systemName, origin: 'internal' }
}

/** Returns the kind and id of an actor as a column keeps them beside the name. */
export const toActorRef = ({ kind, id }: Actor): string => `${kind}:${id}`

/** An actor as it is stored: a kind that this release does not know may be among them. */
export interface StoredActor {
  kind: string
  id: string
  name: string
}

const isActorKind = (kind: string): kind is ActorKind => actorKinds.includes(kind as ActorKind)

/**
 * Returns a stored actor as answers show it. A task is labeled with its name, and with the account of the
 * machine if a user ran it from the command line.
 */
export function toActorView({ kind, id, name }: StoredActor): ActorView {
  if (kind !== 'system') return { kind: isActorKind(kind) ? kind : 'system', id, label: name }
  return { kind, id: null, label: name === systemName ? id : `${id} (${name})` }
}

/**
 * Returns the actor of a column with a name and, since they are recorded, kind and id ({@link toActorRef}).
 * Without these a name is that of a user of the kind `otherwise`, or of Postern.
 */
export function readActor(
  name: string,
  ref: string | null,
  otherwise: 'person' | 'operator' = 'person',
): ActorView {
  if (ref !== null) {
    const at = ref.indexOf(':')
    return toActorView({ kind: ref.slice(0, at), id: ref.slice(at + 1), name })
  }
  if (name === systemName || name === '') return { kind: 'system', id: null, label: systemName }
  return { kind: otherwise, id: null, label: name }
}
