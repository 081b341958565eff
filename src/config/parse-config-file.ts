import { parse } from 'yaml'
import type { z } from 'zod'
import { PosternError } from '../errors.ts'
import { findNearest } from '../find-nearest.ts'
import { ConfigFile } from './config-file.ts'
import { findRenamedSetting } from './renamed-settings.ts'

/**
 * Parses the configuration in `text` (YAML). Throws `config_invalid` with one sentence per problem; for an
 * unknown key it names its present name, or the most similar valid one.
 */
export function parseConfigFile(text: string, fileName: string): ConfigFile {
  let content: unknown
  try {
    content = parse(text) ?? {}
  } catch (error) {
    // What follows repeats the lines around the mistake.
    const [problem = ''] = (error as Error).message.split(/:?\n/)
    throw new PosternError('config_invalid', `${fileName} is not YAML: ${problem}.`)
  }
  const result = ConfigFile.safeParse(content)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => describeIssue(issue))
  throw new PosternError('config_invalid', `${fileName}: ${problems.join(' ')}`)
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys') return `${place || 'The file'}: ${issue.message}.`
  const known = findKnownKeys(issue.path)
  return issue.keys
    .map((key) => {
      const path = [...issue.path, key]
      const full = path.join('.')
      const renamed = findRenamedSetting(path)
      if (renamed !== undefined) return `${full} is called ${renamed} now.`
      const near = findNearest(key, known)
      return near === undefined
        ? `${full} is not a setting.`
        : `${full} is not a setting; did you mean ${near}?`
    })
    .join(' ')
}

function findKnownKeys(path: PropertyKey[]): string[] {
  let schema: unknown = ConfigFile
  for (const step of path)
    schema = typeof step === 'number' ? elementOf(schema) : memberOf(schema, String(step))
  return Object.keys(shapeOf(schema) ?? {})
}

type Definition = {
  innerType?: unknown
  in?: unknown
  shape?: Record<string, unknown>
  element?: unknown
  valueType?: unknown
}
const definitionOf = (schema: unknown): Definition => (schema as { def?: Definition } | undefined)?.def ?? {}

function unwrap(schema: unknown): unknown {
  const inner = definitionOf(schema).innerType ?? definitionOf(schema).in
  return inner === undefined ? schema : unwrap(inner)
}

const shapeOf = (schema: unknown) => definitionOf(unwrap(schema)).shape
const elementOf = (schema: unknown) => definitionOf(unwrap(schema)).element
const memberOf = (schema: unknown, key: string) =>
  shapeOf(schema)?.[key] ?? definitionOf(unwrap(schema)).valueType
