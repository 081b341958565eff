import { createServer } from 'node:net'
import { findCollectorProblem } from '../../audit/export/syslog-target.ts'
import { isPublishedBy } from '../../config/who-publishes.ts'
import { noTrustedProxies } from '../../http/limit-requests.ts'
import { findMailServerProblem } from '../../notifications/send-mail.ts'
import { type Finding, type Ground, problem, remark } from './diagnosis.ts'

/** Looks at the ports, the mail server, the collector of the audit log, and which proxies are believed. */
export async function checkNetwork(ground: Ground): Promise<Finding[]> {
  const [ports, mail, collector] = await Promise.all([
    checkPorts(ground),
    checkMailServer(ground),
    checkCollector(ground),
  ])
  return [...ports, ...mail, ...collector, ...checkProxies(ground)]
}

async function checkPorts({ config, parts }: Ground): Promise<Finding[]> {
  const { portal, publication, gateway, environments, authorizer } = config
  const wanted = [
    ...(parts.portal ? [{ setting: 'portal', host: portal.host, port: portal.port }] : []),
    ...(parts.publication || (parts.portal && isPublishedBy(config, 'portal'))
      ? [{ setting: 'publication', host: publication.host, port: publication.port }]
      : []),
    ...(parts.gateway
      ? environments.map(({ name, gatewayPort: port }) => ({
          setting: `environments.${name}`,
          host: gateway.host,
          port,
        }))
      : []),
    ...(parts.gateway && authorizer !== null && 'port' in authorizer
      ? [{ setting: 'authorizer', host: authorizer.host, port: authorizer.port }]
      : []),
  ]
  const unique = new Map(wanted.map((one) => [`${one.host} ${one.port}`, one]))
  const found = await Promise.all(
    [...unique.values()].map(async (one) => describePort(one, await tryPort(one))),
  )
  return found.filter((finding) => finding !== undefined)
}

interface Wanted {
  setting: string
  host: string
  port: number
}

function describePort({ setting, host, port }: Wanted, code: string | undefined): Finding | undefined {
  if (code === undefined) return undefined
  const place = `${setting}.port: port ${port} of ${host}`
  if (code === 'EADDRINUSE')
    return remark(`${place} is in use. That is right while Postern runs; otherwise stop the other program.`)
  if (code === 'EACCES')
    return problem(
      `${place} needs more rights than this user has. Choose a port from 1024 on, or run sysctl net.ipv4.ip_unprivileged_port_start=${port}.`,
    )
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return problem(
      `${place} cannot be opened, because this machine does not have that address. Correct ${setting.startsWith('environments') ? 'gateway' : setting}.host.`,
    )
  return problem(`${place} cannot be opened (${code}). Correct host and port.`)
}

function tryPort({ host, port }: Wanted): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

async function checkMailServer({ config, secrets, parts, now }: Ground): Promise<Finding[]> {
  const { smtp } = config.mail
  if (smtp === null || !parts.portal) return []
  if (smtp.user !== null && secrets.smtpPassword === null)
    return [problem('mail.smtp.user is set and its password is not. Set POSTERN_SMTP_PASSWORD_FILE.')]
  try {
    const found = await findMailServerProblem({ ...smtp, password: secrets.smtpPassword }, now)
    return found === undefined ? [] : [problem(found)]
  } catch {
    // A file of CAs that cannot be used has been told.
    return []
  }
}

async function checkCollector({ config, parts, now }: Ground): Promise<Finding[]> {
  const collector = config.audit.export.syslog
  if (collector === null || !parts.portal) return []
  try {
    const found = await findCollectorProblem(collector, now)
    return found === undefined ? [] : [problem(found)]
  } catch {
    // Files of TLS that cannot be used have been told.
    return []
  }
}

function checkProxies({ config, parts }: Ground): Finding[] {
  const { profile, portal } = config
  if (!parts.portal || profile !== 'production' || portal.trustedProxies.length > 0) return []
  return [problem(noTrustedProxies)]
}
