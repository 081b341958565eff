import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from './postgres.ts'
import { prepareNginx, untilListening } from './proxy-program.ts'

const configuration = join(import.meta.dirname, '../../deploy/portal/nginx.conf')

/** Where nginx finds what the file of `deploy/` leaves to the operator. */
interface PortalProxyOptions {
  /** A folder for its files. */
  folder: string
  portalPort: number
  certificateFile: string
  keyFile: string
}

/** A running nginx in front of a portal. */
export interface PortalProxy {
  port: number
  stop(): Promise<void>
}

/** Starts nginx with the file of `deploy/` for the portal; changes only addresses and file paths in it. */
export async function startPortalProxy({
  folder: parent,
  portalPort,
  certificateFile,
  keyFile,
}: PortalProxyOptions): Promise<PortalProxy> {
  const port = await findFreePort()
  const folder = join(parent, 'nginx')
  mkdirSync(folder)
  const text = readFileSync(configuration, 'utf8')
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('127.0.0.1:3000', `127.0.0.1:${portalPort}`)
    .replace('/etc/nginx/tls/portal.pem', certificateFile)
    .replace('/etc/nginx/tls/portal.key', keyFile)
  writeFileSync(join(folder, 'postern-portal.conf'), text)
  const [command = '', ...args] = prepareNginx(folder, 'postern-portal.conf')
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text
    })
  await untilListening(child, port, () => output)
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
