import { z } from 'zod'
import { host } from './check-address.ts'
import { Port } from './setting-types.ts'

/** The listener for the operator's own systems, and what a balancer is told, as the file describes them. */
export const OperationsSettings = z
  .strictObject({
    host: host()
      .default('127.0.0.1')
      .describe('It asks for no password: keep it on loopback or in a network of operators.'),
    port: Port.optional().describe('Where health and readiness are told; nowhere where not given.'),
    drainSeconds: z
      .number()
      .int()
      .min(0)
      .max(3600)
      .optional()
      .describe('How long /readyz answers 503 before a stop closes the ports; 5 with a port, otherwise 0.'),
    maxLagSeconds: z
      .number()
      .int()
      .min(5)
      .max(604_800)
      .optional()
      .describe('A gateway that has not read the store for so long is not ready.'),
  })
  .prefault({})
