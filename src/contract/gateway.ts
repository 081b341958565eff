import { z } from 'zod'
import { Timestamp } from './common.ts'
import { GatewayId } from './ids.ts'
import { StoreRestoreView } from './lost-revocation.ts'

/** `silent`: the process should run but has not reported for a while. */
const gatewayStates = ['running', 'silent', 'stopped'] as const

/** A gateway process. */
export const GatewayView = z
  .object({
    id: GatewayId,
    host: z.string(),
    processId: z.number().int(),
    release: z.string(),
    state: z.enum(gatewayStates),
    startedAt: Timestamp,
    seenAt: Timestamp,
    confirmedVersion: z
      .number()
      .int()
      .meta({ description: 'Every change up to this one is in force in it.' }),
    changesBehind: z.number().int().meta({ description: 'Changes of the store that it has not confirmed.' }),
    clockOffsetMilliseconds: z.number().int().meta({
      description: 'By how much its clock is ahead of that of the store; below 0 behind it.',
    }),
    connections: z.number().int().meta({ description: 'Open when it was last heard of.' }),
    handshakes: z.number().int().meta({ description: 'Connections since it started.' }),
    answers: z.number().int().meta({ description: 'Answers to calls and token requests since it started.' }),
    lagMilliseconds: z.number().int().meta({
      description: 'For how long the oldest of what it has not written had been waiting.',
    }),
    waitingRecords: z.number().int().meta({ description: 'Records that it had not written.' }),
    droppedRecords: z.number().int().meta({
      description: 'Records that had to make room in its memory since it started.',
    }),
    rejectedRows: z.number().int().meta({
      description: 'Rows that the store has refused since it started; the log of the gateway has the cause.',
    }),
  })
  .meta({ id: 'Gateway' })
export type GatewayView = z.output<typeof GatewayView>

export const GatewayList = z
  .object({
    items: z.array(GatewayView),
    storeReturns: z.array(StoreRestoreView).meta({ description: 'Of the last 30 days, the newest first.' }),
  })
  .meta({ id: 'GatewayList' })

/** How far a certificate's revocation has taken effect. */
export const RevocationReachView = z
  .object({
    revokedAt: Timestamp,
    milliseconds: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'From the revocation until the last gateway; null while one has not confirmed.' }),
    connectionsClosed: z.number().int(),
    gateways: z.array(
      z.object({
        name: z.string().meta({ description: 'Host and process for operators, a number for others.' }),
        state: z.enum(gatewayStates),
        enforcedAt: Timestamp.nullable(),
        milliseconds: z.number().int().nullable(),
        late: z.boolean().meta({ description: 'Not confirmed five seconds after the revocation.' }),
      }),
    ),
  })
  .meta({ id: 'Enforcement' })
export type RevocationReachView = z.output<typeof RevocationReachView>
