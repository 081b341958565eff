import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Difference } from './judge.ts'

const page = join(import.meta.dirname, '../../../docs/decisions/0014-differences-of-readers.md')

const words: Record<string, string> = {
  everything: 'certificate, CSR, CRL, OCSP request',
  both: 'OpenSSL, @peculiar/x509',
}
const listWords = (text: string) => (words[text] ?? text).split(', ')

/** The differences listed in the decision, each as `certificate | OpenSSL | taken: its key`. */
const listed = new Set(
  [...readFileSync(page, 'utf8').matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\| ([^|]+?) +\|/gm)].flatMap(
    ([, things = '', others = '', what = '']) =>
      listWords(things).flatMap((thing) => listWords(others).map((other) => `${thing} | ${other} | ${what}`)),
  ),
)

/** Counts differences, and reports those without a documented reason. */
export function createLedger() {
  const counts = new Map<string, number>()
  const unexplained = new Map<string, string>()
  return {
    counts,
    /** `key: example` of each that the table does not contain. */
    unexplained,
    add(thing: string, other: string, { what, postern, other: said }: Difference, input: string): void {
      const key = `${thing} | ${other} | ${what}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      if (!listed.has(key)) unexplained.set(key, `${input}: Postern ${postern}; ${other} ${said}`)
    },
  }
}
