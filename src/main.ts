#!/usr/bin/env node
import { Command } from 'commander'
import { release } from './release.ts'

// Every written file is for its owner only, whichever component or library writes it.
process.umask(0o077)

const program = new Command('postern').description(
  'Mutual TLS and OAuth client credentials for API providers',
)
program.version(release)

program
  .command('serve')
  .description('run Postern: portal and gateways')
  .option('--portal', 'only the portal')
  .option('--gateway', 'only the gateways')
  .option('--publication', 'only CRLs, OCSP and issuer certificates, without a key of a CA')
  .action(async (options) => {
    const { serve } = await import('./cli/serve.ts')
    process.exitCode = await serve(options)
  })

program
  .command('reset')
  .description('empty the data folder of the development profile, after asking')
  .option('--yes', 'do not ask')
  .action(async (options) => {
    const { reset } = await import('./cli/reset.ts')
    process.exitCode = await reset(options)
  })

program
  .command('init')
  .description('write configuration, keys and systemd units for production, after asking; replaces nothing')
  .option('--folder <path>', 'where to write; /etc/postern where not given')
  .option('--portal-url <url>', 'the https address of the portal')
  .option('--publication-url <url>', 'the http address of CRLs and OCSP')
  .option('--api-host <name>', 'the host name of the API, as clients call it')
  .option('--api-port <port>', 'the port of the gateways')
  .option('--upstream <url>', 'your API behind the gateways')
  .option('--proxies <addresses>', 'the proxies in front of the portal, with commas')
  .option('--mail-from <address>', 'the sender of emails')
  .option('--smtp-host <host>', 'the mail server')
  .option('--smtp-port <port>', 'its port')
  .option('--smtp-user <user>', 'its user; empty for none')
  .option('--smtp-password-file <file>', 'a file with its password')
  .option(
    '--database-url-file <file>',
    'a file with the PostgreSQL URL of the portal; an empty one for SQLite',
  )
  .option('--gateway-database-url-file <file>', 'a file with that of the gateways')
  .option(
    '--publication-database-url-file <file>',
    'a file with that of postern serve --publication; without, the portal serves CRLs and OCSP',
  )
  .action(async (options) => {
    const { init } = await import('./cli/init.ts')
    process.exitCode = await init(options)
  })

program
  .command('doctor')
  .description('say what is wrong with this installation, and how to mend it; changes nothing')
  .option('--portal', 'only what the portal needs')
  .option('--gateway', 'only what the gateways need')
  .option('--publication', 'only what postern serve --publication needs')
  .action(async (options) => {
    const { doctor } = await import('./cli/doctor.ts')
    process.exitCode = await doctor(options)
  })

const keys = program
  .command('keys')
  .description('the keys that seal the keys in the store, and that sign tokens')

keys
  .command('rewrap')
  .description('seal under the new keys what the former ones have sealed, while Postern runs')
  .action(async () => {
    const { keysRewrap } = await import('./cli/keys-rewrap.ts')
    process.exitCode = await keysRewrap()
  })

keys
  .command('replace-token-key <environment>')
  .description('replace the key that signs access tokens, while Postern runs; no call fails without --now')
  .option('--now', 'end the present keys and all tokens of the environment at once, as after a compromise')
  .action(async (environment, options) => {
    const { keysReplaceTokenKey } = await import('./cli/keys-replace-token-key.ts')
    process.exitCode = await keysReplaceTokenKey(environment, options)
  })

const root = program.command('root').description('the key of the root, which may be offline')
const passphraseFile = ['--passphrase-file <file>', 'its first line opens the file of the key'] as const

root
  .command('export <file>')
  .description('write the key of the root into an encrypted file')
  .option('--remove', 'take it out of the store when the file has been read back')
  .option(...passphraseFile)
  .action(async (file, options) => {
    const { rootExport } = await import('./cli/root-export.ts')
    process.exitCode = await rootExport(file, options)
  })

root
  .command('remove <file>')
  .description('take the key of the root out of the store, given the file that it was exported to')
  .option(...passphraseFile)
  .action(async (file, options) => {
    const { rootRemove } = await import('./cli/root-remove.ts')
    process.exitCode = await rootRemove(file, options)
  })

root
  .command('import <file>')
  .description('bring the key of an offline root back into the store')
  .option(...passphraseFile)
  .action(async (file, options) => {
    const { rootImport } = await import('./cli/root-import.ts')
    process.exitCode = await rootImport(file, options)
  })

const issuer = program.command('issuer').description('the issuing CAs')

issuer
  .command('list')
  .description('every issuing CA: whether it signs, how many valid certificates it has, when it retires')
  .option('--json', 'for programs')
  .action(async (options) => {
    const { issuerList } = await import('./cli/issuer-list.ts')
    process.exitCode = await issuerList(options)
  })

issuer
  .command('rotate <environment>')
  .description('make a new issuing CA for an environment; the gateways trust both')
  .action(async (environment) => {
    const { issuerRotate } = await import('./cli/issuer-rotate.ts')
    process.exitCode = await issuerRotate(environment)
  })

issuer
  .command('retire <issuer>')
  .description('set when the gateways begin to deny the certificates of an issuing CA')
  .option('--on <date>', 'for example 2027-03-31')
  .option('--cancel', 'take the date back')
  .option('--yes', 'set it; without, only what would stop is told')
  .action(async (id, options) => {
    const { issuerRetire } = await import('./cli/issuer-retire.ts')
    process.exitCode = await issuerRetire(id, options)
  })

const operator = program.command('operator').description('the operators and auditors of the portal')

operator
  .command('create <email>')
  .description('make an operator or give one a new link; prints a link to choose a password')
  .option('--role <role>', 'operator or auditor; operator where the user has neither role')
  .option('--name <name>', 'the name of the user')
  .option('--remove-second-factors', 'for who has lost passkeys, authenticator app and recovery codes')
  .action(async (email, options) => {
    const { operatorCreate } = await import('./cli/operator-create.ts')
    process.exitCode = await operatorCreate(email, options)
  })

operator
  .command('list')
  .description('every operator and auditor')
  .option('--json', 'for programs')
  .action(async (options) => {
    const { operatorList } = await import('./cli/operator-list.ts')
    process.exitCode = await operatorList(options)
  })

operator
  .command('remove <email>')
  .description('take the role from an operator or auditor, and end the sessions')
  .option('--yes', 'even from the last operator')
  .action(async (email, options) => {
    const { operatorRemove } = await import('./cli/operator-remove.ts')
    process.exitCode = await operatorRemove(email, options)
  })

program
  .command('edge <name>')
  .description('print the headers that a client may not send, for nginx, haproxy, caddy, envoy or traefik')
  .action(async (name) => {
    const { printProxyList: printEdgeList } = await import('./cli/print-proxy-list.ts')
    process.exitCode = printEdgeList(name)
  })

const audit = program.command('audit').description('the audit log')

audit
  .command('verify')
  .description('find the first row of the audit log that was altered, moved or deleted')
  .option('--checkpoint <file...>', 'checkpoints that were kept elsewhere: JSON as getAuditState gives it')
  .option('--key <file...>', 'the public key of the audit log in PEM, got otherwise than from the store')
  .option('--root <file>', 'the root certificate that certifies the key, got otherwise than from the store')
  .action(async (options) => {
    const { auditVerify } = await import('./cli/audit-verify.ts')
    process.exitCode = await auditVerify(options)
  })

audit
  .command('verify-pack <file>')
  .description('verify the evidence about a certificate, without the store')
  .option('--key <file>', 'the public key of the audit log in PEM, got otherwise than with the pack')
  .option('--root <file>', 'the root certificate that certifies the key, got otherwise than with the pack')
  .action(async (file, options) => {
    const { auditVerifyPack } = await import('./cli/audit-verify-pack.ts')
    process.exitCode = await auditVerifyPack(file, options)
  })

function addSocket(text: string, sockets: Map<number, number[]> = new Map()): Map<number, number[]> {
  const [port = 0, descriptor = 0] = text.split('=').map(Number)
  return sockets.set(port, [...(sockets.get(port) ?? []), descriptor])
}

const backup = program
  .command('backup')
  .argument('[file]', 'a new file')
  .description('write a verified backup of store, sealed keys and configuration; Postern may be running')
  .option('--recipient <key>', 'the public key that it is encrypted to; backup.recipient where not given')
  .action(async (file, options) => {
    const { makeBackup } = await import('./cli/backup.ts')
    process.exitCode = await makeBackup(file, options)
  })

backup
  .command('keygen <file>')
  .description('make a pair of keys for backups, on a machine where Postern does not run')
  .action(async (file) => {
    const { backupKeygen } = await import('./cli/backup-keygen.ts')
    process.exitCode = await backupKeygen(file)
  })

backup
  .command('verify <file>')
  .description('open a backup and check every row, key and the audit log, without touching a store')
  .requiredOption('--identity <file>', 'the file with the private key of the recipient')
  .action(async (file, options) => {
    const { backupVerify } = await import('./cli/backup-verify.ts')
    process.exitCode = await backupVerify(file, options)
  })

program
  .command('restore')
  .argument('[file]', 'a backup; without, a store that is held after a restore is released')
  .description('put the store of a backup in place; Postern must be stopped')
  .option('--identity <file>', 'the file with the private key of the recipient')
  .option('--journal <folder...>', 'folders of the journal besides those of the configuration')
  .option('--without-journal', 'go on although what was ended since the backup is lost')
  .action(async (file, options) => {
    const { restore } = await import('./cli/restore.ts')
    process.exitCode = await restore(file, options)
  })

program
  .command('drill <file>')
  .description(
    'restore a backup into a place of its own, check it, and say how long that took and what would be lost',
  )
  .requiredOption('--identity <file>', 'the file with the private key of the recipient')
  .option('--journal <folder...>', 'folders of the journal besides those of the configuration')
  .action(async (file, options) => {
    const { drill } = await import('./cli/drill.ts')
    process.exitCode = await drill(file, options)
  })

program
  .command('store')
  .description('the store')
  .command('move')
  .description(
    'move the SQLite store of the data folder into the empty PostgreSQL database of the configuration',
  )
  .action(async () => {
    const { storeMove } = await import('./cli/store-move.ts')
    process.exitCode = await storeMove()
  })

for (const part of ['portal', 'gateway', 'publication', 'demo-upstream'] as const) {
  program
    .command(`${part}-process`, { hidden: true })
    .option('--socket <port=descriptor>', 'a socket that it has inherited', addSocket)
    .action(async ({ socket }) => {
      const { runProcess } = await import('./cli/run-process.ts')
      await runProcess(part, socket)
    })
}

try {
  await program.parseAsync()
} catch (error) {
  const { describeFailure } = await import('./cli/describe-failure.ts')
  const { sentence, exitCode } = describeFailure(error, process.argv[2])
  process.stderr.write(`postern: error: ${sentence}\n`)
  process.exit(exitCode)
}
