import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version: string; integrity?: string; resolved?: string; dev?: boolean }>
}
const entries = Object.entries(lock.packages).filter(([path]) => path !== '')

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-packages-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('the lockfile has the digest of every package, and no registry URL', () => {
  expect(entries.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))).toEqual([])
  expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([])
})

test('every dependency of a production install is imported by the server', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
  const isImported = (name: string) =>
    sources.some((source) => source.includes(` from '${name}`) || source.includes(`import('${name}`))
  expect(Object.keys(dependencies).filter((name) => !isImported(name))).toEqual([])
})

test('Postern starts with only the packages of a production install', { timeout: 60_000 }, () => {
  const folder = makeFolder()
  for (const name of ['src', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  for (const [path, { dev }] of entries) {
    // The Node program need not be copied, nor what must be compiled.
    const from = join(root, path)
    if (dev || /^node_modules\/(node-|pkcs11js)/.test(path) || !existsSync(from)) continue
    const skipsNested = (source: string) =>
      source === from || !source.slice(from.length).includes('/node_modules')
    cpSync(from, join(folder, path), { recursive: true, force: true, filter: skipsNested })
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'src/main.ts'), '--help'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain('serve')
  expect(stdout).toContain('--version')
  // Every file that any process of Postern loads, portal and gateways.
  const parts = [
    'src/app/portal-app.ts',
    'src/app/gateway-app.ts',
    'src/telemetry/usage-store.ts',
    'src/cli/serve.ts',
  ]
  const loading = parts.map((part) => `await import(${JSON.stringify(join(folder, part))})`).join(';')
  const loaded = spawnSync(process.execPath, ['--input-type=module', '-e', `${loading};process.exit(0)`], {
    encoding: 'utf8',
  })
  expect(loaded.stderr).toBe('')
  expect(loaded.status).toBe(0)
})

test('the bill of materials lists exactly the packages of a production install', () => {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const args = ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only']
  const bill = JSON.parse(
    execFileSync(npm[0] as string, [...npm.slice(1), ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }),
  )
  expect(bill.bomFormat).toBe('CycloneDX')
  const named = new Set(bill.components.map(({ name }: { name: string }) => name))
  for (const name of ['fastify', 'undici', 'better-auth', 'kysely']) expect(named).toContain(name)
  for (const name of ['vitest', 'react', 'playwright-core']) expect(named).not.toContain(name)
  const script = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.sbom
  expect(script).toBe(`npm ${args.join(' ')}`)
})

test('a moved folder with its packages installs nothing again, and a changed lockfile does', () => {
  const folder = makeFolder()
  const calls = join(folder, 'calls')
  const npm = join(folder, 'npm.mjs')
  const write = `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(calls)}, process.argv[2] + ' ')`
  writeFileSync(npm, write)
  const [place, moved] = [join(folder, 'place'), join(folder, 'moved')]
  mkdirSync(join(place, 'scripts'), { recursive: true })
  cpSync(join(root, 'scripts/make-ready.mjs'), join(place, 'scripts/make-ready.mjs'))
  writeFileSync(join(place, 'package-lock.json'), '{}')
  const install = (from: string) => {
    const script = JSON.stringify(join(from, 'scripts/make-ready.mjs'))
    const start = `(await import(${script})).installDependencies()`
    execFileSync(process.execPath, ['--input-type=module', '-e', start], {
      env: { ...process.env, npm_execpath: npm },
      stdio: 'ignore',
    })
    return readFileSync(calls, 'utf8')
  }
  expect(install(place)).toBe('ci ')
  renameSync(place, moved)
  expect(install(moved)).toBe('ci ')
  writeFileSync(join(moved, 'package-lock.json'), '{"lockfileVersion":3}')
  expect(install(moved)).toBe('ci ci ')
})

/** Creates a published release with this text as its program. */
function makeRelease(folder: string, program: string) {
  const name = 'node-v24.0.0-linux-x64'
  mkdirSync(join(folder, name, 'bin'), { recursive: true })
  writeFileSync(join(folder, name, 'bin/node'), program)
  const archive = join(folder, `${name}.tar.gz`)
  execFileSync('tar', ['-czf', archive, '-C', folder, name])
  const digest = createHash('sha256').update(readFileSync(archive)).digest('hex')
  const checksums = join(folder, 'SHASUMS256.txt')
  writeFileSync(checksums, `${'0'.repeat(64)}  other.tar.gz\n${digest}  ${name}.tar.gz\n`)
  return { archive, checksums }
}

test.each([
  ['the program of the release', 'program', (_files: { archive: string }) => {}, undefined],
  ['another program', 'changed', (_files: { archive: string }) => {}, 'is not the program of the release'],
  [
    'the program of another archive',
    'program',
    ({ archive }: { archive: string }) => writeFileSync(archive, 'x'),
    'is not the archive of the release',
  ],
])('the comparison of Node with its release handles %s', async (_, installed, change, problem) => {
  const { compareNode } = await import('./compare-node.ts')
  const folder = makeFolder()
  const files = makeRelease(folder, 'program')
  change(files)
  const program = join(folder, 'node')
  writeFileSync(program, installed)
  const compare = () => compareNode({ ...files, program })
  if (problem === undefined) expect(compare()).toBe(createHash('sha256').update('program').digest('hex'))
  else expect(compare).toThrow(problem)
})
