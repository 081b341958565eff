import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigFile } from '../src/config/config-file.ts'
import { EnvironmentSettings } from '../src/config/environment-settings.ts'
import { parseConfigFile } from '../src/config/parse-config-file.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { toConfig } from '../src/config/to-config.ts'
import { denialCodes } from '../src/contract/denial-codes.ts'
import { errorCodes } from '../src/contract/error-codes.ts'
import { errorStatus } from '../src/contract/error-status.ts'
import type { Operation } from '../src/contract/operation.ts'
import { operations } from '../src/contract/operations.ts'
import { formatEventCatalogue } from './support/format-event-catalogue.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Returns a page with normalized table columns. */
const readTables = (path: string) => read(path).replaceAll(/ +/g, ' ')

/** Returns the source of a folder without its tests. */
const sourcesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => read(`${folder}/${name}`))

test('the page for customers lists every denial of the gateway with its HTTP status', () => {
  const page = readTables('docs/customers/troubleshooting.md')
  const missing = denialCodes.filter((code) => !page.includes(`| \`${code}\` | ${errorStatus[code]} |`))
  expect(missing).toEqual([])
})

test('the pages for customers and operators list every reason why a CSR is rejected', () => {
  const codes = errorCodes.filter((code) => /^(csr|key)_/.test(code))
  for (const page of ['docs/customers/troubleshooting.md', 'docs/operators/requests.md'])
    expect(codes.filter((code) => !read(page).includes(`\`${code}\``))).toEqual([])
})

test('the page of the API lists every operation with the roles that may call it', () => {
  const page = readTables('docs/api.md')
  const rows = Object.values<Operation>(operations).map(
    ({ id, method, path, access, operatorToo }) =>
      `| \`${id}\` | \`${method} ${path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')}\` | ${access.replace('-', ' ')}${operatorToo ? ', operator' : ''} |`,
  )
  expect(rows.filter((row) => !page.includes(row))).toEqual([])
})

/** Lists the settings of a schema, with dots. */
function settingsOf(schema: z.core.JSONSchema.BaseSchema, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const inner = settingsOf(part as z.core.JSONSchema.BaseSchema, `${prefix}${name}.`)
    return inner.length > 0 ? inner : [`${prefix}${name}`]
  })
}

test('the page of the API lists the operations that need a step-up proof', () => {
  const [, section = ''] =
    /### Step-up proofs\n([\s\S]*?)\nThe member `stepUp`/.exec(read('docs/api.md')) ?? []
  const listed = [...section.matchAll(/`([a-z]+[A-Z]\w+)`/g)].map(([, id]) => id)
  const needing = Object.values<Operation>(operations).filter(({ stepUp }) => stepUp)
  expect(listed.toSorted()).toEqual(needing.map(({ id }) => id).toSorted())
})

test('each type of event stands in the page about events, with its data', () => {
  const rows = readTables('docs/events.md').split('\n')
  const types = (heading: string) => {
    const from = rows.indexOf(heading)
    const to = rows.findIndex((row, index) => index > from && row.startsWith('## '))
    return rows.slice(from, to === -1 ? undefined : to).filter((row) => /^\| `[a-z_]+\./.test(row))
  }
  const { activity, changes } = formatEventCatalogue()
  expect(types('## What gateways see')).toEqual(activity)
  expect(types('## Changes')).toEqual(changes)
})

test('the page for operators lists every setting', () => {
  const page = read('docs/operators/configuration.md')
  const settings = [ConfigFile, EnvironmentSettings].flatMap((schema) =>
    settingsOf(z.toJSONSchema(schema, { io: 'input' })),
  )
  expect(settings.length).toBeGreaterThan(20)
  expect(settings.filter((setting) => !page.includes(`\`${setting}`))).toEqual([])
})

test('the page for operators lists every environment variable', () => {
  const names = new Set(sourcesOf('src/config').flatMap((source) => source.match(/POSTERN_[A-Z_]+/g) ?? []))
  const page = read('docs/operators/configuration.md')
  expect(names.size).toBeGreaterThan(5)
  expect([...names].filter((name) => !page.includes(name.replace(/_FILE$/, '')))).toEqual([])
})

test('the production profile accepts the example configuration', () => {
  const [, example = ''] = /```yaml\n([^`]+)```/.exec(read('docs/operators/configuration.md')) ?? []
  const file = parseConfigFile(example, 'the example')
  const config = toConfig({ ...readSettings({}), file })
  expect(config.profile).toBe('production')
})

test('every row of the conformance table names an existing test', () => {
  const rows = [...read('docs/operators/conformance.md').matchAll(/\| `([^`]+\.test\.ts)` › (.+?) +\|$/gm)]
  expect(rows.length).toBeGreaterThan(20)
  const missing = rows.filter(([, file = '', name = '']) => !read(file).includes(`'${name}'`))
  expect(missing.map(([row]) => row)).toEqual([])
})

/** Lists the anchors of a page: its headings, as GitHub names them. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return true
  return anchor !== undefined && !anchorsOf(target).includes(anchor)
}

test('every link of the documentation has a target', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  for (const name of readdirSync(join(root, 'docs'), { recursive: true }).map(String))
    if (name.endsWith('.md')) pages.push(`docs/${name}`)
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => isBroken(page, link))
      .map((link) => `${page}: ${link}`),
  )
  expect(broken).toEqual([])
})

test('every file that the security page names exists', () => {
  const files = ['src', 'test', 'scripts', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${String(name)}`),
  )
  const named = [...read('docs/security.md').matchAll(/`([\w/.-]+\.ts)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter((path) => !files.some((file) => file === path || file.endsWith(`/${path}`)))).toEqual(
    [],
  )
})
