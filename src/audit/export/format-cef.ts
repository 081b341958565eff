import { isIP } from 'node:net'
import { release } from '../../release.ts'
import type { ExportItem } from './export-item.ts'

/** The longest value of a custom string in the dictionary of CEF. */
const maxStringLength = 4000
const usual = 3
/** An attempt that Postern did not allow. */
const attempt = 5
const attempts: ReadonlySet<string> = new Set(['user.sign_in_failed', 'user.denied'])

type Extension = readonly (readonly [key: string, value: string | number | null | undefined])[]

/** Formats an item in the Common Event Format, version 0; docs/operators/audit.md has the fields. */
export function formatCef(item: ExportItem): string {
  if (item.kind === 'checkpoint') {
    const { sequence, hash, at, keyId, signature } = item.checkpoint
    return toLine('audit.checkpoint', usual, [
      ...([['rt', at]] as const),
      ['externalId', sequence],
      ...toCustom(4, 'hash', hash),
      ...toCustom(5, 'signature', Buffer.from(signature).toString('base64')),
      ...toCustom(6, 'keyId', keyId),
    ])
  }
  const { entry } = item
  const { type, time, sequence, actor, origin, subject, organization, environment, hash, data } = entry
  return toLine(type, attempts.has(type) ? attempt : usual, [
    ['rt', Date.parse(time)],
    ['externalId', sequence],
    ['src', isIP(origin) === 4 ? origin : null],
    ['c6a2', isIP(origin) === 6 ? origin : null],
    ['c6a2Label', isIP(origin) === 6 ? 'Source IPv6 Address' : null],
    ['suid', actor.id],
    ['suser', actor.label],
    ['spriv', actor.kind],
    ['duid', subject.id],
    ['duser', subject.name],
    ...toCustom(1, 'organization', organization),
    ...toCustom(2, 'environment', environment),
    ...toCustom(3, 'subjectKind', subject.kind),
    ...toCustom(4, 'hash', hash),
    ...toCustom(5, 'data', JSON.stringify(data)),
  ])
}

const toCustom = (number: number, label: string, value: string | null): Extension =>
  value === null
    ? []
    : [
        [`cs${number}Label`, label],
        [`cs${number}`, value.slice(0, maxStringLength)],
      ]

const toLine = (type: string, severity: number, extension: Extension): string => {
  const header = ['CEF:0', 'Postern', 'Postern', release, type, type.replaceAll(/[._]/g, ' '), severity]
  const fields = extension
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${escapeValue(String(value))}`)
  return `${header.map((part, index) => (index === 0 ? part : escapeHeader(String(part)))).join('|')}|${fields.join(' ')}`
}

/** A header has no line ends. */
const escapeHeader = (text: string): string =>
  text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\|]/g, (character) => `\\${character}`)

const escapeValue = (text: string): string =>
  text.replaceAll(/[\\=]/g, (character) => `\\${character}`).replaceAll(/\r\n|\r|\n/g, '\\n')
