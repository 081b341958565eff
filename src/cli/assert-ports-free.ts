import { createServer } from 'node:net'
import type { Config } from '../config/config.ts'
import { PosternError } from '../errors.ts'

/** Throws `port_taken`, with one sentence that names port and setting, when a port is in use by another program. */
export async function assertPortsFree(
  config: Config,
  parts: { portal: boolean; gateway: boolean },
): Promise<void> {
  const { portal, publication, gateway, environments } = config
  const wanted: [string, string, number][] = []
  if (parts.portal) {
    wanted.push(
      ['POSTERN_PORTAL_PORT', portal.host, portal.port],
      ['POSTERN_PUBLIC_PORT', publication.host, publication.port],
    )
  }
  if (parts.gateway) {
    for (const { name, gatewayPort } of environments) {
      wanted.push([
        `POSTERN_GATEWAY_PORTS (for example ${name}=${gatewayPort + 1000})`,
        gateway.host,
        gatewayPort,
      ])
    }
  }
  for (const [setting, host, port] of wanted) {
    const problem = await tryPort(host, port)
    if (problem === undefined) continue
    throw new PosternError(
      'port_taken',
      problem === 'EACCES'
        ? `Port ${port} needs more rights than this user has; choose another with ${setting}.`
        : `Port ${port} is in use by another program; stop it, or choose another port with ${setting}.`,
    )
  }
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
