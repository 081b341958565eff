import { z } from 'zod'
import { host } from './check-address.ts'
import { Port } from './setting-types.ts'

/** Where the audit log and its checkpoints go besides the store, as the file describes it. */
export const AuditSettings = z
  .strictObject({
    checkpointFiles: z
      .array(z.string().min(1))
      .max(8)
      .optional()
      .describe(
        'Where checkpoints of the audit log are kept outside the store; audit-checkpoints.jsonl of the data folder where not given.',
      ),
    syslog: z
      .strictObject({ host: host(), port: Port.default(514) })
      .optional()
      .describe('A syslog server that gets each checkpoint over UDP (RFC 5424, RFC 5426).'),
    export: z
      .strictObject({
        file: z
          .string()
          .min(1)
          .optional()
          .describe('A file that gets each row of the audit log as a line of JSON.'),
        syslog: z
          .strictObject({
            host: host(),
            port: Port.optional().describe('6514 with TLS, 601 with TCP alone where not given.'),
            transport: z
              .enum(['tls', 'tcp'])
              .default('tls')
              .describe('TLS (RFC 5425), or TCP alone (RFC 6587); the length stands before each message.'),
            ca: z
              .string()
              .optional()
              .describe('PEM file of the CAs that the certificate of the server may come from.'),
            certificate: z.string().optional().describe('PEM file of the client certificate and its chain.'),
            key: z.string().optional().describe('PEM file of its key.'),
            format: z
              .enum(['json', 'cef'])
              .default('json')
              .describe('JSON as the API has it, or the Common Event Format.'),
          })
          .optional()
          .describe('A syslog server that gets each row of the audit log and each checkpoint.'),
      })
      .prefault({})
      .describe('Where each row of the audit log goes, at least once and in order.'),
  })
  .prefault({})
