import { z } from 'zod'

/** The algorithms with which clients may sign assertions (FAPI 2.0, section 5.4.1). */
export const clientAlgorithms = ['ES256', 'PS256', 'EdDSA'] as const
export type ClientAlgorithm = (typeof clientAlgorithms)[number]

const maxKeys = 5

/**
 * Public keys as a client hands them over: a JWK Set, whose unknown members are ignored (RFC 7517, 5). What is in it
 * is judged where it is stored.
 */
export const GivenClientKeys = z
  .looseObject({
    keys: z
      .array(z.record(z.string().max(64), z.unknown()))
      .min(1)
      .max(maxKeys),
  })
  .meta({ id: 'GivenClientKeys' })
export type GivenClientKeys = z.output<typeof GivenClientKeys>

/** Public keys as they are stored: their public parameters and nothing else. */
export const ClientKeys = z
  .object({
    keys: z.array(
      z.object({
        kid: z.string(),
        alg: z.enum(clientAlgorithms),
        use: z.literal('sig'),
        kty: z.enum(['EC', 'RSA', 'OKP']),
        crv: z.string().optional(),
        x: z.string().optional(),
        y: z.string().optional(),
        n: z.string().optional(),
        e: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'ClientKeys' })
export type ClientKeys = z.output<typeof ClientKeys>
export type ClientKey = ClientKeys['keys'][number]
