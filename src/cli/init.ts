import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseConfigFile } from '../config/parse-config-file.ts'
import { toConfig } from '../config/to-config.ts'
import { PosternError } from '../errors.ts'
import { type Asker, createAsker, type Question } from './installation/ask-questions.ts'
import { type Answers, toConfigFile, toFiles } from './installation/installation.ts'
import { writeInstallation } from './installation/write-installation.ts'

const templateFolder = join(import.meta.dirname, '../../deploy/systemd')
/** Units of systemd give other characters a meaning. */
const plainPath = /^\/[\w./-]+$/

/**
 * Writes configuration, keys and units of a production installation, after asking for what no option gives. Returns
 * the exit code. Throws `bad_request` or `config_invalid`; then nothing has been written.
 */
export async function init(options: Record<string, string | undefined>): Promise<number> {
  const asker = createAsker(options)
  let answers: Answers
  try {
    answers = await askAll(asker, options)
  } finally {
    asker.close()
  }
  const file = parseConfigFile(toConfigFile(answers), 'The configuration')
  // Nothing is written that Postern would reject.
  toConfig({ file, baseFolder: answers.folder, variables: noVariables })
  const templates = Object.fromEntries(
    readdirSync(templateFolder).map((name) => [name, readFileSync(join(templateFolder, name), 'utf8')]),
  )
  const program = { node: process.execPath, main: realpathSync(process.argv[1] as string) }
  for (const path of [answers.folder, program.node, program.main])
    if (!plainPath.test(path))
      throw new PosternError(
        'bad_request',
        `${path} has characters that units of systemd do not take as they are. Use a path of letters, digits, dots, dashes and slashes.`,
      )
  const files = toFiles(answers, program, templates)
  writeInstallation(files)
  process.stdout.write(`${files.map(({ path }) => path).join('\n')}\n`)
  process.stderr.write(describeNext(answers))
  return 0
}

const noVariables = {
  ...{ data: undefined, portalPort: undefined, publicPort: undefined, gatewayPorts: new Map() },
  ...{
    databaseUrl: undefined,
    databaseReadUrl: undefined,
    smtpPassword: undefined,
    authorityKey: undefined,
    gatewayKey: undefined,
  },
  ...{ authorityKeySecond: undefined, gatewayKeySecond: undefined, publicationKeySecond: undefined },
  ...{
    publicationKey: undefined,
    sessionKey: undefined,
    authorizerSecret: undefined,
    tokenPin: undefined,
    rootPassphrase: undefined,
  },
  secretFiles: [],
}

async function askAll({ ask }: Asker, options: Record<string, string | undefined>): Promise<Answers> {
  const folder = resolve(
    await ask({ name: 'folder', text: 'Folder for configuration and secrets', standard: '/etc/postern' }),
  )
  const portalUrl = await ask({ name: 'portalUrl', text: 'Address of the portal, https' })
  const publicationUrl = await ask({
    name: 'publicationUrl',
    text: 'Address of CRLs and OCSP, http; it stands in every certificate',
  })
  const apiHost = await ask({ name: 'apiHost', text: 'Host name of the API, as clients call it' })
  const apiPort = Number(
    await ask({
      name: 'apiPort',
      text: 'Port of the gateways',
      standard: '8443',
      findProblem: findPortProblem,
    }),
  )
  const upstream = await ask({ name: 'upstream', text: 'Address of your API behind the gateways' })
  const proxies = await ask({
    name: 'proxies',
    text: 'Addresses of the proxies in front of the portal',
    standard: '127.0.0.1',
  })
  const mailFrom = await ask({ name: 'mailFrom', text: 'Sender of emails' })
  const host = await ask({ name: 'smtpHost', text: 'Mail server' })
  const port = Number(
    await ask({ name: 'smtpPort', text: 'Its port', standard: '587', findProblem: findPortProblem }),
  )
  const user = await ask({ name: 'smtpUser', text: 'Its user; empty for none', standard: '' })
  const askSecret = (question: Question) => readSecret(ask, question, options[question.name])
  const password = user === '' ? null : await askSecret({ name: 'smtpPasswordFile', text: 'Its password' })
  const portalDatabase = await askSecret({
    name: 'databaseUrlFile',
    text: 'PostgreSQL URL of the portal; empty for SQLite',
    standard: '',
  })
  const gatewayDatabase =
    portalDatabase === ''
      ? ''
      : await askSecret({
          name: 'gatewayDatabaseUrlFile',
          text: 'PostgreSQL URL of the gateways; empty for the same',
          standard: '',
        })
  const publicationFile = options.publicationDatabaseUrlFile
  if (publicationFile !== undefined && portalDatabase === '')
    throw new PosternError(
      'bad_request',
      'A process that only publishes has a role of its own in PostgreSQL: give --database-url-file too, or leave --publication-database-url-file out.',
    )
  return {
    ...{ folder, portalUrl, publicationUrl, apiHost, apiPort, upstream, mailFrom },
    proxies: proxies.split(/[\s,]+/).filter((one) => one !== ''),
    smtp: { host, port, user: user === '' ? null : user, password },
    database:
      portalDatabase === ''
        ? null
        : {
            portalUrl: portalDatabase,
            gatewayUrl: gatewayDatabase || portalDatabase,
            publicationUrl:
              publicationFile === undefined
                ? null
                : await askSecret({
                    name: 'publicationDatabaseUrlFile',
                    text: 'PostgreSQL URL of postern serve --publication',
                  }),
          },
  }
}

const findPortProblem = (answer: string): string | undefined =>
  /^[1-9]\d{0,4}$/.test(answer) && Number(answer) <= 65_535 ? undefined : 'a port is a number from 1 to 65535'

/** A secret comes from a file that an option names, so that no list of processes shows it, or is typed. */
async function readSecret(ask: Asker['ask'], question: Question, file: string | undefined): Promise<string> {
  if (file === undefined) return ask({ ...question, isSecret: true })
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new PosternError('bad_request', `${question.text}: ${file} cannot be read.`, { cause })
  }
}

function describeNext({ folder, database }: Answers): string {
  const apart = database === null || database.publicationUrl === null ? [] : ['postern-publication']
  const units = database === null ? ['postern'] : ['postern-portal', ...apart, 'postern-gateway']
  const owner = units.at(-1)
  return `
Next, as root:
  1. Put the server certificate of the API into ${folder}/tls/gateway.pem and its key into ${folder}/tls/gateway.key.
  2. cp ${folder}/systemd/postern.sysusers /etc/sysusers.d/postern.conf && systemd-sysusers
     chown ${owner}: ${folder}/tls/gateway.key && chmod 600 ${folder}/tls/gateway.key
  3. cp ${folder}/systemd/*.service ${folder}/systemd/*.socket /etc/systemd/system/ && systemctl daemon-reload
  4. systemctl enable --now ${units.map((unit) => `${unit}.socket ${unit}`).join(' ')}
Keep a copy of ${folder}/secrets elsewhere: without these keys a backup of the store cannot be used.
`
}
