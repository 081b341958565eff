import type { Listener } from '../config/config.ts'
import type { ListenerLimits } from '../http/create-listener.ts'
import { createCurrentAddressTest } from '../trusted-addresses.ts'

/** The limits of an HTTP listener as the configuration has them at each moment; `total` is fixed. */
export const toListenerLimits = (listener: Listener, total: number): ListenerLimits => ({
  total,
  get perAddress() {
    return listener.connections.perAddress
  },
  get requestSeconds() {
    return listener.connections.requestSeconds
  },
  get idleSeconds() {
    return listener.connections.idleSeconds
  },
  isProxy: createCurrentAddressTest(() => listener.trustedProxies),
})

/** Returns where a listener listens: on its inherited socket, if it has one. */
export function toAddress({ host, port }: Listener, sockets: ReadonlyMap<number, number[]>) {
  const [fd] = sockets.get(port) ?? []
  // Fastify passes it on to Node; a name in place of the address would open a second socket.
  return fd === undefined ? { host, port } : { host: '0.0.0.0', fd }
}
