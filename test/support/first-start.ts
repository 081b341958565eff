import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import type { MailServer } from './mail-server.ts'
import { type PosternPlace, preparePostern } from './postern.ts'
import { findFreePort } from './postgres.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/operators/run.md'), 'utf8')

/** What an operator has before Postern. */
interface Surroundings {
  databaseUrl: string
  mail: MailServer
  smtpPassword: string
  upstream: string
}

/** A Postern that was set up as the page for operators says, and has not started. */
export interface FirstStart {
  place: PosternPlace
  /** In place of `/etc/postern`; also has `ca.pem`, the private CA of `tls.pem`. */
  folder: string
  gatewayPort: number
  portalPort: number
  /** The command that makes the first operator, as the page has it, in words. */
  createOperator: string[]
  remove(): void
}

/**
 * Follows "The first start, step by step": runs its commands and uses its configuration and variables. Replaces only
 * what the page tells operators to replace: folder, addresses and passwords.
 */
export async function followFirstStart(surroundings: Surroundings): Promise<FirstStart> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-etc-'))
  const { databaseUrl, mail, smtpPassword, upstream } = surroundings
  const [secrets = '', configuration = '', exports = '', create = ''] = readSteps().map((text) =>
    text
      .replaceAll('/etc/postern', folder)
      .replace('postgres://postern:PASSWORD@db.provider.example/postern', databaseUrl)
      .replace('SMTP-PASSWORD', smtpPassword)
      .replace('http://10.0.0.20:8080', upstream),
  )
  execFileSync('bash', ['-ec', secrets], { cwd: folder })
  await ensureDevelopmentTls(
    {
      certificateFile: join(folder, 'tls.pem'),
      keyFile: join(folder, 'tls.key'),
      serverCaFile: join(folder, 'ca.pem'),
    },
    ['api.provider.example', 'portal.provider.example'],
    systemClock,
  )
  const config = parse(configuration)
  // As the page says where the CA of the server certificate is private.
  config.gateway.ca = join(folder, 'ca.pem')
  Object.assign(config.mail.smtp, { host: 'localhost', port: mail.port, ca: mail.caFile })
  const gatewayPort = await findFreePort()
  const place = await preparePostern({
    config,
    environment: { ...readExports(exports), POSTERN_GATEWAY_PORTS: `production=${gatewayPort}` },
  })
  writeFileSync(join(folder, 'postern.yaml'), readFileSync(place.configFile))
  return {
    place,
    folder,
    gatewayPort,
    portalPort: Number(new URL(place.portalUrl).port),
    createOperator: readWords(create),
    remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Returns the blocks of the section, in their order. */
function readSteps(): string[] {
  const [, section = ''] = /\n### The first start, step by step\n([\s\S]+?)\n### /.exec(page) ?? []
  return [...section.matchAll(/^ {3}```\w+\n([\s\S]+?)^ {3}```$/gm)].map(([, block = '']) =>
    block.replaceAll(/^ {3}/gm, ''),
  )
}

const readExports = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]))

/** Returns the words of a command after `postern`. */
const readWords = (command: string): string[] =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(1)
