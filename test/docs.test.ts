import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigFile, EnvironmentSettings } from '../src/config/config-file.ts'
import { errorCodes } from '../src/contract/error-codes.ts'
import { errorStatus } from '../src/contract/error-status.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The codes that callers of the gateway meet: those between the first about a certificate and the last about the upstream. */
const gatewayCodes = errorCodes.slice(
  errorCodes.indexOf('certificate_missing'),
  errorCodes.indexOf('upstream_timeout') + 1,
)

test('every refusal of the gateway stands in the page for customers, with its HTTP status', () => {
  const page = read('docs/customers/troubleshooting.md').replaceAll(/ +/g, ' ')
  const missing = gatewayCodes.filter((code) => !page.includes(`| \`${code}\` | ${errorStatus[code]} |`))
  expect(missing).toEqual([])
})

/** The settings of a schema, with dots. */
function settingsOf(schema: z.core.JSONSchema.BaseSchema, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const inner = settingsOf(part as z.core.JSONSchema.BaseSchema, `${prefix}${name}.`)
    return inner.length > 0 ? inner : [`${prefix}${name}`]
  })
}

test('every setting stands in the page for operators', () => {
  const page = read('docs/operators/configuration.md')
  const settings = [ConfigFile, EnvironmentSettings].flatMap((schema) =>
    settingsOf(z.toJSONSchema(schema, { io: 'input' })),
  )
  expect(settings.length).toBeGreaterThan(20)
  expect(settings.filter((setting) => !page.includes(`\`${setting}`))).toEqual([])
})

test('every link of the documentation leads somewhere', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
  for (const name of readdirSync(join(root, 'docs'), { recursive: true }).map(String))
    if (name.endsWith('.md')) pages.push(`docs/${name}`)
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  )
  expect(broken).toEqual([])
})
