import { z } from 'zod'
import { Timestamp } from './common.ts'
import { IssuerId } from './ids.ts'

const count = () => z.number().int()

/** What operators have to look at, the most urgent first. */
const platformActionKinds = [
  'gateway_missing',
  'gateway_not_reporting',
  'gateway_behind',
  'server_certificate_expiring',
  'revocation_list_late',
  'restore_held',
  'revocation_lost',
  'backup_late',
  'certificate_authority_expiring',
  'email_failing',
  'task_given_up',
  'drill_late',
  'confirmation_waiting',
  'approval_waiting',
] as const

const PlatformAction = z
  .object({
    kind: z.enum(platformActionKinds),
    count: count().meta({ description: 'How many things it is about, counted to 200.' }),
    since: Timestamp.nullable().meta({ description: 'Since when, where that is known.' }),
  })
  .meta({ id: 'PlatformAction' })
export type PlatformAction = z.output<typeof PlatformAction>

/** How Postern itself is. */
export const PlatformState = z
  .object({
    checkedAt: Timestamp,
    requiredActions: z.array(PlatformAction),
    store: z.object({
      engine: z.enum(['sqlite', 'postgres']),
      restoredAt: Timestamp.nullable().meta({
        description: 'When it was last found to be an older state, in the last 30 days.',
      }),
    }),
    mail: z.object({
      delivery: z
        .enum(['smtp', 'mailbox'])
        .meta({ description: 'Without a mail server, emails are kept in the built-in mailbox.' }),
      waiting: count().meta({ description: 'Emails that wait to be sent, counted to 200.' }),
      failing: count().meta({ description: 'How many of them the mail server has not accepted so far.' }),
      oldestWaitingAt: Timestamp.nullable(),
    }),
    revocationLists: z.array(
      z.object({
        issuerId: IssuerId,
        environment: z.string().nullable().meta({ description: 'Null for that of the root.' }),
        number: count(),
        thisUpdate: Timestamp,
        nextUpdate: Timestamp,
        late: z.boolean().meta({ description: 'Less than a tenth of its time is left.' }),
      }),
    ),
    gateways: z.object({
      running: count(),
      notReporting: count(),
      unconfirmedChanges: count().meta({ description: 'Of the running process that has most of them.' }),
    }),
  })
  .meta({ id: 'PlatformState' })
export type PlatformState = z.output<typeof PlatformState>

/** What a configuration that was read again has changed. */
export const ConfigurationChanges = z
  .object({
    changes: z.array(
      z.object({
        setting: z.string().meta({ description: 'As in the file, with dots.' }),
        before: z.string().nullable().meta({ description: 'JSON; `hidden` for a secret.' }),
        after: z.string().nullable().meta({ description: 'The same of the new value.' }),
      }),
    ),
  })
  .meta({ id: 'ConfigurationChanges' })
