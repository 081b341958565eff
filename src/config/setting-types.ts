import { z } from 'zod'

export const Port = z.number().int().min(1).max(65_535)
export const Count = z.number().int().min(0).max(1_000_000)
export const Seconds = z.number().int().min(1).max(3600)
export const Limit = z.number().int().min(0)

export const ProxyAddresses = z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([])

/** The limits of the portal's listener, or of the publication listener, for client connections. */
export const Connections = z
  .strictObject({
    total: z
      .number()
      .int()
      .min(16)
      .max(100_000)
      .optional()
      .describe('Connections open at once; a share of what the process may open where not given.'),
    perAddress: z
      .number()
      .int()
      .min(0)
      .default(256)
      .describe('Those of one address, or of one IPv6 network of 64 bits; 0 means no limit of their own.'),
    requestSeconds: Seconds.default(30).describe('How long a request may take to arrive.'),
    idleSeconds: Seconds.default(72).describe('How long a connection stays open between two requests.'),
  })
  .prefault({})
