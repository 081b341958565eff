import type { ActorView } from '../../../src/contract/actor.ts'

/** What stands behind the label of an actor that is not simply a user. */
const notes: Partial<Record<ActorView['kind'], string>> = {
  api_key: 'API key',
  operator: 'operator',
  system: 'Postern',
}

/** Shows who did something: a user, an API key, an operator, or a task of Postern. */
export function ActorName({ actor: { kind, label } }: { actor: ActorView }) {
  const note = notes[kind]
  return note === undefined || note === label ? label : `${label} (${note})`
}
