import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts'

/** The address of a syslog server over UDP (RFC 5426). */
export interface SyslogAddress {
  host: string
  port: number
}

/** Facility 13, log audit; severity 5, notice (RFC 5424, section 6.2.1). */
const priority = 13 * 8 + 5

/** Sends a checkpoint to a syslog server in one datagram, without a confirmation of receipt. */
export function sendToSyslog({ host, port }: SyslogAddress, checkpoint: Checkpoint): Promise<void> {
  const header = `<${priority}>1 ${new Date(checkpoint.at).toISOString()} ${hostname()} postern ${process.pid}`
  const message = Buffer.from(`${header} audit-checkpoint - ${formatCheckpoint(checkpoint)}`)
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) =>
    socket.send(message, port, host, (error) => {
      socket.close()
      if (error === null) resolve()
      else reject(error)
    }),
  )
}
