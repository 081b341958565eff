import { z } from 'zod'
import { ActorView } from '../actor.ts'
import { authorityChanges } from './authority-changes.ts'
import { certificateChanges } from './certificate-changes.ts'
import type { ChangeType } from './change-type.ts'
import { credentialChanges } from './credential-changes.ts'
import { envelope } from './envelope.ts'
import { signalChanges } from './signal-changes.ts'
import { userChanges } from './user-changes.ts'
import { webhookChanges } from './webhook-changes.ts'

/** The catalogue of recorded changes: each type with its data. Types are stable, and more may come. */
export const changeTypes = {
  ...certificateChanges,
  ...credentialChanges,
  ...authorityChanges,
  ...userChanges,
  ...webhookChanges,
  ...signalChanges,
}
export type ChangeTypeName = keyof typeof changeTypes
export const changeTypeNames = Object.keys(changeTypes) as [ChangeTypeName, ...ChangeTypeName[]]

const changeEnvelope = {
  ...envelope,
  actor: ActorView,
  origin: z.string().meta({ description: 'The address that the actor came from; `internal` for a task.' }),
}
type ChangeEnvelope = z.output<z.ZodObject<typeof changeEnvelope>>

/** An entry of the audit log adds members: validators that close each variant of a union need to know. */
const isOpen = { unevaluatedProperties: true }

const Recorded = z.record(z.string(), z.unknown()).nullable()

/** A change that this release has no type for: recorded by another release, or in another form. */
export const OtherChangeEvent = z
  .object({
    ...changeEnvelope,
    type: z.literal('other'),
    data: z.object({
      recordedAs: z.string().meta({ description: 'The action as it was recorded.' }),
      before: Recorded,
      after: Recorded,
    }),
  })
  .meta({ id: 'OtherChangeEvent', ...isOpen })

type TypedChangeEvent = {
  [Name in ChangeTypeName]: ChangeEnvelope & {
    type: Name
    data: {
      before: z.output<(typeof changeTypes)[Name]['before']>
      after: z.output<(typeof changeTypes)[Name]['after']>
    }
  }
}[ChangeTypeName]

/** One recorded change, as history and audit show it. */
export type ChangeEvent = TypedChangeEvent | z.output<typeof OtherChangeEvent>

/** Returns the name of the component of a type: `CertificateIssuedEvent`. */
const componentOf = (name: string): string =>
  `${name.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`

const toSchema = ([name, { description, before, after }]: [string, ChangeType]) =>
  z
    .object({ ...changeEnvelope, type: z.literal(name), data: z.object({ before, after }) })
    .meta({ id: componentOf(name), description, ...isOpen })

const [first, ...others] = Object.entries<ChangeType>(changeTypes).map(toSchema)

export const ChangeEvent = z
  .discriminatedUnion('type', [
    first as ReturnType<typeof toSchema>,
    ...others,
    OtherChangeEvent as unknown as ReturnType<typeof toSchema>,
  ])
  .meta({ id: 'ChangeEvent' }) as unknown as z.ZodType<ChangeEvent>
