import { isDeepStrictEqual } from 'node:util'
import type { Settings } from './read-settings.ts'
import { type Effect, environmentEffects, secretEffects, settingEffects } from './setting-effects.ts'

/** A setting with another value. */
export interface SettingChange {
  /** As in the file, with dots: `mail.smtp.host`; for a secret, the variable that names its file. */
  setting: string
  /** As JSON text; null if it is not given. Those of a secret are `hidden`. */
  before: string | null
  after: string | null
  effect: Effect
}

type Effects = Effect | { readonly [key: string]: Effects }

/** Returns every setting whose value differs between two readings, in the order of the file's sections. */
export function compareSettings(before: Settings, after: Settings): SettingChange[] {
  const { environments: oldEnvironments, ...oldFile } = before.file
  const { environments: newEnvironments, ...newFile } = after.file
  return [
    ...compare('', settingEffects, oldFile, newFile),
    ...compareEnvironments(oldEnvironments, newEnvironments),
    ...compareSecrets(before, after),
  ]
}

function compareEnvironments(
  before: Settings['file']['environments'],
  after: Settings['file']['environments'],
): SettingChange[] {
  const [oldNames, newNames] = [before, after].map((all) => all && Object.keys(all))
  if (!isDeepStrictEqual(oldNames, newNames))
    return [{ setting: 'environments', before: toText(oldNames), after: toText(newNames), effect: 'restart' }]
  return (newNames ?? [])
    .flatMap((name) => compare(`environments.${name}.`, environmentEffects, before?.[name], after?.[name]))
    .map((change) => (isUpstreamRemoved(change) ? { ...change, effect: 'restart' } : change))
}

/** The demo upstream that takes its place starts with the process tree. */
const isUpstreamRemoved = ({ setting, after }: SettingChange): boolean =>
  after === null && /^environments\.[^.]+\.upstream$/.test(setting)

function compareSecrets({ variables: before }: Settings, { variables: after }: Settings): SettingChange[] {
  return Object.entries(secretEffects).flatMap(([key, { name, effect }]) =>
    before[key as keyof typeof before] === after[key as keyof typeof after]
      ? []
      : [{ setting: name, before: 'hidden', after: 'hidden', effect }],
  )
}

/** Compares two values to the depth of the file's sections; a list is one setting. */
function compare(prefix: string, effects: Effects, before: unknown, after: unknown): SettingChange[] {
  if (isDeepStrictEqual(before, after)) return []
  const [old, next] = [toSection(before), toSection(after)]
  const isLeaf = old === undefined && next === undefined
  if (isLeaf || prefix.split('.').length > maxDepth)
    return [
      {
        setting: prefix.slice(0, -1),
        before: toText(before),
        after: toText(after),
        effect: effects === 'now' ? 'now' : 'restart',
      },
    ]
  const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})])
  return [...keys].flatMap((key) =>
    compare(
      `${prefix}${key}.`,
      typeof effects === 'string' ? effects : (effects[key] ?? 'restart'),
      old?.[key],
      next?.[key],
    ),
  )
}

/** Deeper than any setting, for a record with names of the operator's own. */
const maxDepth = 6

const toSection = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined

const toText = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))
