import { z } from 'zod'
import { externalStatusModes } from '../contract/environment.ts'
import { line } from '../contract/text.ts'

const mode = z
  .enum(externalStatusModes)
  .describe(
    'soft: without a current answer of their CA, certificates are accepted for softHours, and denied afterwards. hard: they are denied immediately. off: the CA is not asked.',
  )
const softHours = z.number().min(1).max(8760).describe('How long soft is, from the end of the last answer.')

/** What holds in an environment while the CRL or the OCSP response of another CA is away, as the file describes it. */
export const ExternalStatusTerms = z
  .strictObject({
    mode: mode.default('soft'),
    softHours: softHours.default(168),
    issuers: z
      .array(
        z.strictObject({
          issuer: line(1000).describe(
            'The name of the trusted issuer as the page Authority shows it (RFC 4514).',
          ),
          mode,
          softHours: softHours.optional(),
        }),
      )
      .max(100)
      .default([])
      .describe('The trusted issuers for which something else holds.'),
  })
  .prefault({})
  .describe('What holds while another CA does not say whether its certificates are revoked.')

/** Which servers of other CAs may be asked, as the file describes it. */
export const ExternalStatusSettings = z
  .strictObject({
    allowedNetworks: z
      .array(z.union([z.cidrv4(), z.cidrv6()]))
      .max(100)
      .default([])
      .describe(
        'Networks in CIDR form in which CAs may be asked although they are not public; none where not given.',
      ),
  })
  .prefault({})
