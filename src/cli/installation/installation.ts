import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { stringify } from 'yaml'

/** What an operator has answered. */
export interface Answers {
  /** Absolute path of the folder for configuration and secrets. */
  folder: string
  portalUrl: string
  publicationUrl: string
  /** The name by which API clients reach the gateways, and their port. */
  apiHost: string
  apiPort: number
  upstream: string
  /** Addresses of the proxies in front of the portal. */
  proxies: string[]
  smtp: { host: string; port: number; user: string | null; password: string | null }
  mailFrom: string
  /** Null for SQLite; gateways may have a role of their own. `publicationUrl` is null if the portal publishes. */
  database: { portalUrl: string; gatewayUrl: string; publicationUrl: string | null } | null
}

/** A file of an installation. */
export interface InstalledFile {
  path: string
  text: string
  mode: number
}

/** Where Node and the program are. */
export interface Program {
  node: string
  main: string
}

const newKey = (): string => randomBytes(32).toString('base64')

const publishesApart = ({ database }: Pick<Answers, 'database'>): boolean =>
  database !== null && database.publicationUrl !== null

/** Returns the configuration file of the answers. */
export function toConfigFile(answers: Answers): string {
  const { folder, portalUrl, publicationUrl, apiHost, apiPort, upstream, proxies, smtp, mailFrom } = answers
  const file = {
    profile: 'production',
    portal: { url: portalUrl, trustedProxies: proxies },
    publication: { url: publicationUrl, ...(publishesApart(answers) && { servedBy: 'publication' }) },
    gateway: {
      host: '0.0.0.0',
      certificate: join(folder, 'tls/gateway.pem'),
      key: join(folder, 'tls/gateway.key'),
    },
    mail: {
      from: mailFrom,
      smtp: {
        host: smtp.host,
        port: smtp.port,
        ...(smtp.port === 465 && { secure: true }),
        ...(smtp.user !== null && { user: smtp.user }),
      },
    },
    ...(answers.database !== null && { storage: { engine: 'postgres' } }),
    environments: { production: { label: 'Production', live: true, host: apiHost, port: apiPort, upstream } },
  }
  return `# Written by postern init. Every setting: docs/operators/configuration.md. Secrets are in ${join(folder, 'secrets')}.\n${stringify(file)}`
}

/** Returns the secrets by the name of their credential. New keys are made each time. */
function toSecretTexts({ smtp, database }: Answers): Record<string, string> {
  return {
    'authority-key': newKey(),
    'gateway-key': newKey(),
    'session-key': newKey(),
    ...(database !== null && {
      'portal-database-url': database.portalUrl,
      'gateway-database-url': database.gatewayUrl,
    }),
    ...(database !== null &&
      database.publicationUrl !== null && {
        'publication-key': newKey(),
        'publication-database-url': database.publicationUrl,
      }),
    ...(smtp.password !== null && { 'smtp-password': smtp.password }),
  }
}

/** Returns every file of a new installation; `templates` are the units of `deploy/systemd` by their names. */
export function toFiles(
  answers: Answers,
  program: Program,
  templates: Readonly<Record<string, string>>,
): InstalledFile[] {
  const { folder } = answers
  const secrets = Object.entries(toSecretTexts(answers)).map(([name, text]) => ({
    path: join(folder, 'secrets', name),
    text: `${text}\n`,
    mode: 0o600,
  }))
  const units = toUnits(answers, program, templates).map(([name, text]) => ({
    path: join(folder, 'systemd', name),
    text,
    mode: 0o644,
  }))
  return [
    { path: join(folder, 'postern.yaml'), text: toConfigFile(answers), mode: 0o644 },
    ...secrets,
    ...units,
  ]
}

function toUnits(
  { folder, apiPort, smtp, database }: Answers,
  { node, main }: Program,
  templates: Readonly<Record<string, string>>,
): [name: string, text: string][] {
  const adapt = (text: string) =>
    text
      .replace('/usr/bin/node /opt/postern/src/main.js', `${node} ${main}`)
      .replace('ListenStream=0.0.0.0:8443', `ListenStream=0.0.0.0:${apiPort}`)
      .replaceAll('/etc/postern/', `${folder}/`)
      .replace(smtp.password === null ? /^.*smtp-password$\n/gm : /(?!)/, '')
  const isApart = publishesApart({ database })
  const all = Object.entries(templates)
    .filter(([name]) => isApart || !name.startsWith('postern-publication.'))
    .map(([name, text]): [string, string] => [
      name,
      adapt(isApart ? publishApart(name, text) : publishInPortal(text)),
    ])
  if (database !== null) return all
  // On SQLite one machine and one user have the file, and one unit runs everything.
  const textOf = (wanted: string) => all.find(([name]) => name === wanted)?.[1] ?? ''
  const portal = textOf('postern-portal.service')
  const ports = /^ListenStream=.*$/m.exec(textOf('postern-gateway.socket'))?.[0] ?? ''
  const socket = textOf('postern-portal.socket')
    .replace('of the portal, and of CRLs', 'of portal, gateways, CRLs')
    .replace('Description=Ports of the Postern portal', 'Description=Ports of Postern')
    .replace('Backlog=', `${ports}\nBacklog=`)
  const single = portal
    .replace(/^# .*\. A template/, '# Portal and gateways. A template')
    .replace('serve --portal', 'serve')
    .replace('Description=Postern portal', 'Description=Postern')
    .replaceAll('postern-portal', 'postern')
    .replace(/^.*database-url$\n/gm, '')
    .replace('LimitNOFILE=8192', 'LimitNOFILE=65536')
  return [
    ['postern.service', single],
    ['postern.socket', socket],
    ['postern.sysusers', 'u postern - "Postern" /var/lib/postern\n'],
  ]
}

/** The portal shares OCSP responders, and holds no port of theirs. */
function publishApart(name: string, text: string): string {
  if (name === 'postern-portal.service')
    return text.replace(/^# With publication\.servedBy.*\n/m, '').replace(/^# (?=.*publication-key$)/gm, '')
  if (name === 'postern-portal.socket')
    return text
      .replace('the ports of the portal, and of CRLs and OCSP,', 'the port of the portal')
      .replace(
        'the ports, if yours are others: portal.host and portal.port, publication.host and publication.port',
        'the port, if yours is another: portal.host and portal.port',
      )
      .replace('ListenStream=127.0.0.1:8080\n', '')
  return name === 'postern-publication.socket'
    ? text.replace(' Take it out of postern-portal.socket then.', '')
    : text
}

const publishInPortal = (text: string): string =>
  text
    .replace(/^# With publication\.servedBy.*\n(#.*publication-key$\n)+/m, '')
    .replace(/^u postern-publication .*\n/m, '')
