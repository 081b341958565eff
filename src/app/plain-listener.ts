import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { backlog } from '../backlog.ts'
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

/** Opens the port of a listener, or takes its inherited socket. Throws `port_taken`. */
export async function openPort(
  server: FastifyInstance,
  { host, port }: Pick<Listener, 'host' | 'port'>,
  sockets: ReadonlyMap<number, number[]>,
): Promise<void> {
  const [fd] = sockets.get(port) ?? []
  // Fastify passes on one argument, and Node takes the backlog of a descriptor from a second one alone.
  const listen = server.server.listen.bind(server.server) as (options: object, backlog: number) => Server
  Object.assign(server.server, { listen: (options: object) => listen(options, backlog) })
  // A name in place of the address would open a second socket.
  const address = fd === undefined ? { host, port, backlog } : { host: '0.0.0.0', fd }
  await server.listen(address)
}
