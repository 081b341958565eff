import { BoundSocket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Returns the descriptors of sockets that this process holds until the test ends, as systemd does. */
export function holdSockets(ports: readonly number[]): number[] {
  const sockets = ports.map((port) => new BoundSocket({ host: '127.0.0.1', port }))
  onTestFinished(() => {
    for (const socket of sockets) socket.close()
  })
  return sockets.map((socket) => socket.fd())
}
