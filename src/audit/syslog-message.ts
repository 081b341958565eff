import { hostname } from 'node:os'

/** Facility 13, log audit; severity 5, notice (RFC 5424, section 6.2.1). */
const priority = 13 * 8 + 5
/** RFC 5424, section 7.3.1: the numbers of an originator start again at 1 behind this one. */
const maxSequenceId = 2_147_483_647

/** One message for a syslog server. */
export interface SyslogMessage {
  /** Milliseconds since 1970. */
  at: number
  /** MSGID (RFC 5424, section 6.2.7): what kind of message it is. */
  kind: 'audit' | 'audit-checkpoint'
  /** The number of the audit row; undefined for a message without one. */
  sequence?: number
  /** UTF-8, without a byte order mark, so that programs can parse it as JSON. */
  text: string
}

/** Formats a message as RFC 5424 has it. */
export function formatSyslog({ at, kind, sequence, text }: SyslogMessage): Buffer {
  const header = `<${priority}>1 ${new Date(at).toISOString()} ${hostname()} postern ${process.pid} ${kind}`
  const data = sequence === undefined ? '-' : `[meta sequenceId="${((sequence - 1) % maxSequenceId) + 1}"]`
  return Buffer.from(`${header} ${data} ${text}`)
}

/** Puts the length in octets before a message (RFC 5425, section 4.3; RFC 6587, section 3.4.1). */
export const frameSyslog = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${message.length} `), message])
