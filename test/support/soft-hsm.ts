import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const modules = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

/**
 * Opens a SoftHSM for one test, with one token and PIN 5678. This process and its children use it: SoftHSM
 * reads the location of its tokens from the environment.
 */
export function openSoftHsm(label = 'postern') {
  const folder = mkdtempSync(join(tmpdir(), 'postern-hsm-'))
  const [tokens, away] = [join(folder, 'tokens'), join(folder, 'away')]
  for (const path of [tokens, away]) mkdirSync(path)
  const configuration = join(folder, 'softhsm2.conf')
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  process.env.SOFTHSM2_CONF = configuration
  const module = modules.find((path) => existsSync(path)) ?? 'libsofthsm2.so'
  const pin = '5678'
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' })
  const makeAnother = (name: string) =>
    run('softhsm2-util', '--init-token', '--free', '--label', name, '--so-pin', '1234', '--pin', pin)
  makeAnother(label)
  const move = (from: string, to: string) => {
    for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name))
  }
  return {
    pin,
    settings: { module, token: label, slot: null },
    variables: { SOFTHSM2_CONF: configuration },
    /** Returns OpenSC's output about the token. */
    ask: (...args: string[]) => run('pkcs11-tool', '--module', module, '--token-label', label, ...args),
    listKeys: () =>
      run(
        'pkcs11-tool',
        '--module',
        module,
        '--token-label',
        label,
        '--login',
        '--pin',
        pin,
        '--list-objects',
        '--type',
        'privkey',
      ),
    /** Another empty token of the same module with the same PIN. */
    makeAnother,
    takeAway: () => move(tokens, away),
    putBack: () => move(away, tokens),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export type SoftHsm = ReturnType<typeof openSoftHsm>
