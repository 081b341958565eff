import { z } from 'zod'
import { PageQuery, Timestamp } from './common.ts'
import { externalStatusModes } from './environment.ts'

/** A CRL or the OCSP responses that Postern asks another CA for. */
export const ExternalSourceView = z
  .object({
    id: z.string(),
    environment: z.string(),
    issuer: z.string().meta({ description: 'The CA whose statement it is (RFC 4514).' }),
    trustedIssuer: z.string().meta({ description: 'The trusted issuer above the certificates (RFC 4514).' }),
    kind: z.enum(['crl', 'ocsp']),
    urls: z.array(z.string()).meta({ description: 'As the certificates name them; asked in this order.' }),
    certificates: z.number().int().min(0).meta({ description: 'Valid certificates that it is about.' }),
    mode: z.enum(externalStatusModes).meta({ description: '`externalStatus` of the configuration.' }),
    answeredAt: Timestamp.nullable().meta({ description: 'When it was last had; null for never.' }),
    confirmedUntil: Timestamp.nullable().meta({
      description: 'Until when the last answer holds; null without one.',
    }),
    deniedFrom: Timestamp.nullable().meta({
      description:
        'From when certificates are denied unless there is another answer; null if nothing is denied for it.',
    }),
    failingSince: Timestamp.nullable(),
    problem: z
      .string()
      .nullable()
      .meta({ description: 'What was wrong last; ends a sentence about the source.' }),
    nextAt: Timestamp.nullable().meta({
      description: 'When it is asked next; null while a CRL answers in its place.',
    }),
  })
  .meta({ id: 'ExternalSource' })
export type ExternalSourceView = z.output<typeof ExternalSourceView>

export const ExternalSourceQuery = PageQuery.extend({
  only: z
    .literal('failing')
    .optional()
    .meta({ description: 'Lists only sources that could not be had last.' }),
})
