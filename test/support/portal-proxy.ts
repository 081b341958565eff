import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareNginx, startProgram } from './proxy-program.ts'

const configuration = join(import.meta.dirname, '../../deploy/nginx-portal/portal.conf')

/** Where nginx finds and listens at what the file of `deploy/` leaves to the operator. */
interface PortalProxyOptions {
  /** A folder for its files. */
  folder: string
  /** The ports on which it listens, with TLS and without. */
  port: number
  plainPort: number
  /** The name of the server in its certificate. */
  name: string
  portalPort: number
  /** The port of CRLs and OCSP. */
  publicationPort: number
  certificateFile: string
  keyFile: string
}

/**
 * Starts nginx with the file of `deploy/` for the portal; changes only addresses and file paths in it. Returns what stops
 * it.
 */
export async function startPortalProxy(options: PortalProxyOptions): Promise<() => Promise<void>> {
  const { port, plainPort, name, portalPort, publicationPort, certificateFile, keyFile } = options
  const folder = join(options.folder, 'nginx')
  mkdirSync(folder)
  const text = readFileSync(configuration, 'utf8')
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replaceAll('listen 80;', `listen 127.0.0.1:${plainPort};`)
    .replaceAll('portal.example.com', name)
    .replace('/etc/nginx/tls/portal.pem', certificateFile)
    .replace('/etc/nginx/tls/portal.key', keyFile)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${portalPort}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${publicationPort}`)
  writeFileSync(join(folder, 'portal.conf'), text)
  return startProgram(prepareNginx(folder, 'portal.conf'), process.env, port)
}
