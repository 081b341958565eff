import { readSettings } from '../config/read-settings.ts'
import { examine } from './diagnosis/examine.ts'

/**
 * Checks an installation without changing anything, and prints a sentence for each problem with its remedy, and a
 * note for what may be right. Returns the exit code: 1 if there is a problem. Throws `config_invalid` for an
 * unreadable configuration.
 */
export async function doctor({
  portal = false,
  gateway = false,
  publication = false,
}: {
  portal?: boolean
  gateway?: boolean
  publication?: boolean
}): Promise<number> {
  const isAll = !portal && !gateway && !publication
  const parts = { portal: isAll || portal, gateway: isAll || gateway, publication }
  const findings = await examine(readSettings(), parts, Date.now())
  const problems = findings.filter(({ kind }) => kind === 'problem')
  const remarks = findings.filter(({ kind }) => kind === 'remark')
  const lines = [...problems.map(({ text }) => text), ...remarks.map(({ text }) => `Note: ${text}`)]
  if (problems.length === 0)
    lines.push('Configuration, files, store, clock, ports and mail server are in order.')
  process.stdout.write(`${lines.join('\n')}\n`)
  return problems.length === 0 ? 0 : 1
}
