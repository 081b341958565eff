import { z } from 'zod'
import { Timestamp } from './common.ts'
import { externalStatusModes } from './environment.ts'

/** How a certificate from another CA stands with its CAs. */
const externalStatusStates = [
  'not_asked',
  'nothing_to_ask',
  'not_askable',
  'waiting',
  'confirmed',
  'unconfirmed',
  'denied',
] as const

/** What its CAs have said of a certificate from another CA, and until when that is enough. */
export const ExternalStatusView = z
  .object({
    state: z.enum(externalStatusStates).meta({
      description:
        '`not_asked`: its CA is not asked. `nothing_to_ask`: it names neither a CRL nor OCSP. `not_askable`: it names only what Postern cannot ask. `waiting`: its CA has not answered yet. `confirmed`: the last answer holds. `unconfirmed`: it has ended, and the certificate is accepted until `deniedFrom`. `denied`: it is not accepted until its CA answers.',
    }),
    mode: z.enum(externalStatusModes).meta({
      description:
        'Without an answer that holds, `soft`: accepted for a while; `hard`: denied immediately; `off`: nobody is asked.',
    }),
    confirmedUntil: Timestamp.nullable().meta({
      description:
        'Until when the answers hold that it and the CAs above it are not revoked; null without any.',
    }),
    deniedFrom: Timestamp.nullable().meta({
      description:
        'From when gateways deny it unless there is another answer; null if nothing is denied for it.',
    }),
    sources: z
      .array(
        z.object({
          kind: z.enum(['crl', 'ocsp']),
          issuer: z.string().meta({ description: 'The CA whose statement it is (RFC 4514).' }),
          url: z.string().meta({ description: 'As the certificate names it.' }),
          answeredAt: Timestamp.nullable().meta({ description: 'When it was last had; null for never.' }),
          confirmedUntil: Timestamp.nullable().meta({
            description: 'Until when the last answer holds; null without one.',
          }),
          problem: z
            .string()
            .nullable()
            .meta({ description: 'What was wrong last; ends a sentence about the source.' }),
        }),
      )
      .meta({ description: 'The CRLs and OCSP of the certificate and of the CAs above it that are asked.' }),
  })
  .meta({ id: 'ExternalStatus' })
export type ExternalStatusView = z.output<typeof ExternalStatusView>
