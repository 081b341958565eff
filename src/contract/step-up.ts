import { z } from 'zod'
import { Timestamp } from './common.ts'
import { PasskeyAssertion, PasskeyRequestOptions } from './passkey.ts'
import { TotpCode } from './second-factor.ts'

/** The header in which a client sends a step-up proof. */
export const stepUpHeader = 'Step-Up-Proof'

/** An act that needs a step-up proof, and its object: a user proves again who they are for this alone. */
export const StepUpAct = z
  .object({
    operationId: z.string().min(1).max(100).meta({
      description: 'The operation that needs the proof.',
      example: 'revokeCertificate',
    }),
    pathParameters: z.record(z.string(), z.string().max(200)).meta({
      description: 'The values of its path parameters, by name; empty if it has none.',
    }),
  })
  .meta({ id: 'StepUpAct', description: 'An act that needs a step-up proof, and its object.' })
export type StepUpAct = z.output<typeof StepUpAct>

const PasswordProof = z
  .object({ method: z.literal('password'), password: z.string().min(1).max(200) })
  .meta({ id: 'PasswordProof' })

const TotpProof = z.object({ method: z.literal('totp'), code: TotpCode }).meta({ id: 'TotpProof' })

const PasskeyProof = z
  .object({ method: z.literal('passkey'), response: PasskeyAssertion })
  .meta({ id: 'PasskeyProof' })

/** How a user proves again who they are. Another method is another variant. */
export const StepUpMethod = z
  .discriminatedUnion('method', [PasswordProof, TotpProof, PasskeyProof])
  .meta({ id: 'StepUpMethod', description: 'How the user proves who they are. More methods may come.' })
export type StepUpMethod = z.output<typeof StepUpMethod>

/** The same as the body of a request. */
export const StepUpBeginning = StepUpAct.extend({}).meta({
  id: 'StepUpBeginning',
  description: 'An act that needs a step-up proof, and its object.',
})

export const StepUp = StepUpAct.extend({ proof: StepUpMethod }).meta({
  id: 'StepUp',
  description: 'An act with its object, and the proof of who the user is.',
})

const stepUpMethods = ['password', 'totp', 'passkey'] as const
/** The name of a method by which a user proves again who they are. */
export type StepUpMethodName = (typeof stepUpMethods)[number]

export const StepUpChallenge = z
  .object({
    methods: z.array(z.enum(stepUpMethods)).meta({
      description: 'The methods that are accepted of this user for this act.',
    }),
    passkey: PasskeyRequestOptions.nullable().meta({
      description:
        'For `navigator.credentials.get()`; null for a user without a passkey. Its challenge is for this user, session, act and object, works once, and expires after five minutes.',
    }),
  })
  .meta({ id: 'StepUpChallenge', description: 'How the user can prove who they are.' })
export type StepUpChallenge = z.output<typeof StepUpChallenge>

export const StepUpProof = z
  .object({
    token: z.string().meta({
      description: `The proof, to be sent once in the header \`${stepUpHeader}\` of the request that does the act. It is shown in this answer only.`,
    }),
    expiresAt: Timestamp,
  })
  .meta({ id: 'StepUpProof' })
export type StepUpProof = z.output<typeof StepUpProof>

/** Returns one text for the path parameters of an act: the same for the same values in any order. */
export const toStepUpObject = (pathParameters: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(pathParameters).sort(([a], [b]) => (a < b ? -1 : 1)))
