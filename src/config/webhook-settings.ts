import { z } from 'zod'

/** Where the webhooks of organizations may lead, as the file describes it. */
export const WebhookSettings = z
  .strictObject({
    allowedNetworks: z
      .array(z.union([z.cidrv4(), z.cidrv6()]))
      .max(100)
      .default([])
      .describe(
        'Networks in CIDR form that webhooks may call although they are not public; none where not given.',
      ),
    ca: z
      .string()
      .optional()
      .describe('PEM file of CAs that endpoints may have certificates from, besides the public ones.'),
  })
  .prefault({})
