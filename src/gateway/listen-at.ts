import type { Server } from 'node:net'

/** Where a server listens. */
export interface ListenAddress {
  host: string
  port: number
  /** Of a socket that is bound to them already, and shared with other processes. */
  descriptor?: number | undefined
}

/** Done when the server accepts connections. Throws the error of the system where it cannot. */
export function listenAt(server: Server, { host, port, descriptor }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(descriptor === undefined ? { port, host } : { fd: descriptor }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
