import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts'
import { formatSyslog } from './syslog-message.ts'

/** The address of a syslog server over UDP (RFC 5426). */
export interface SyslogAddress {
  host: string
  port: number
}

/** Sends a checkpoint to a syslog server in one datagram, without a confirmation of receipt. */
export function sendToSyslog({ host, port }: SyslogAddress, checkpoint: Checkpoint): Promise<void> {
  const message = formatSyslog({
    at: checkpoint.at,
    kind: 'audit-checkpoint',
    text: formatCheckpoint(checkpoint),
  })
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) =>
    socket.send(message, port, host, (error) => {
      socket.close()
      if (error === null) resolve()
      else reject(error)
    }),
  )
}
