import { z } from 'zod'
import { Timestamp } from './common.ts'
import { GatewayId } from './ids.ts'
import { StoreRestoreView } from './lost-revocation.ts'

/** `not_reporting`: the process should run but has not reported for a while. */
const gatewayStates = ['running', 'not_reporting', 'stopped'] as const

/** A gateway process. */
export const GatewayView = z
  .object({
    id: GatewayId,
    host: z.string(),
    processId: z.number().int(),
    release: z.string(),
    state: z.enum(gatewayStates),
    startedAt: Timestamp,
    lastSeenAt: Timestamp,
    confirmedVersion: z
      .number()
      .int()
      .meta({ description: 'Every change up to this one is in effect at it.' }),
    unconfirmedChanges: z
      .number()
      .int()
      .meta({ description: 'Changes of the store that it has not confirmed.' }),
    clockOffsetMilliseconds: z.number().int().meta({
      description: 'How far its clock is ahead of the clock of the store; negative if it is behind.',
    }),
    connections: z.number().int().meta({ description: 'Open connections when it last reported.' }),
    handshakes: z.number().int().meta({ description: 'Connections since it started.' }),
    responses: z
      .number()
      .int()
      .meta({ description: 'Responses to calls and token requests since it started.' }),
    writeLagMilliseconds: z.number().int().meta({
      description: 'Age of the oldest record that it had not written when it last reported.',
    }),
    queuedRecords: z
      .number()
      .int()
      .meta({ description: 'Records that it had not written when it last reported.' }),
    droppedRecords: z.number().int().meta({
      description: 'Records that it discarded since it started because its memory for them was full.',
    }),
    rejectedRows: z.number().int().meta({
      description: 'Rows that the store rejected since it started; the log of the gateway has the cause.',
    }),
  })
  .meta({ id: 'Gateway' })
export type GatewayView = z.output<typeof GatewayView>

export const GatewayList = z
  .object({
    items: z.array(GatewayView),
    storeRestores: z.array(StoreRestoreView).meta({ description: 'Of the last 30 days, the newest first.' }),
  })
  .meta({ id: 'GatewayList' })

/** How far a certificate's revocation has taken effect. */
export const RevocationReachView = z
  .object({
    revokedAt: Timestamp,
    durationMilliseconds: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'From the revocation until the last gateway; null while one has not confirmed.' }),
    closedConnections: z.number().int(),
    gateways: z.array(
      z.object({
        name: z.string().meta({ description: 'Host and process for operators, a number for others.' }),
        state: z.enum(gatewayStates),
        confirmedAt: Timestamp.nullable(),
        durationMilliseconds: z.number().int().nullable(),
        late: z.boolean().meta({ description: 'Not confirmed five seconds after the revocation.' }),
      }),
    ),
  })
  .meta({ id: 'RevocationReach' })
export type RevocationReachView = z.output<typeof RevocationReachView>
