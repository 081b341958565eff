import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { isPublishedBy } from '../config/who-publishes.ts'
import { PosternError } from '../errors.ts'

/** Parts whose supervisor was killed need a moment to detect it and close their ports. */
const attempts = 10
const pauseMs = 100

/**
 * Throws `port_taken`, with one sentence that names port and setting, if another program uses a port for more
 * than a second. Those of `inherited` sockets are open.
 */
export async function assertPortsFree(
  config: Config,
  parts: { portal: boolean; gateway: boolean; publication?: boolean },
  inherited: readonly number[] = [],
): Promise<void> {
  const { portal, publication, gateway, environments, operations } = config
  const wanted: [string, string, number][] = []
  if (parts.portal) wanted.push(['POSTERN_PORTAL_PORT', portal.host, portal.port])
  if (parts.publication || (parts.portal && isPublishedBy(config, 'portal')))
    wanted.push(['POSTERN_PUBLIC_PORT', publication.host, publication.port])
  if (parts.gateway) {
    for (const { name, gatewayPort } of environments) {
      wanted.push([
        `POSTERN_GATEWAY_PORTS (for example ${name}=${gatewayPort + 1000})`,
        gateway.host,
        gatewayPort,
      ])
    }
  }
  if (operations.address !== null)
    wanted.push(['operations.port', operations.address.host, operations.address.port])
  for (const [setting, host, port] of wanted) {
    if (inherited.includes(port)) continue
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

async function tryPort(host: string, port: number): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const problem = await tryPortOnce(host, port)
    if (problem !== 'EADDRINUSE' || attempt === attempts) return problem
    await wait(pauseMs)
  }
}

function tryPortOnce(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
