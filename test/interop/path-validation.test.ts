import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isSignedBy } from '../../src/gateway/is-signed-by.ts'
import { type ParsedCertificate, parseCertificate } from '../../src/pki/certificate.ts'
import { findPath } from '../../src/pki/find-path.ts'
import { isGoodByNist, type Outcome, pkitsOutcomes } from './pkits-outcomes.ts'

const suite = '/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data'
/** A moment at which the certificates of the suite are valid that shall be. */
const now = Date.UTC(2020, 0, 1)

const files = readdirSync(join(suite, 'certs'))
const leaves = files.filter((name) => /Test\d+EE\.crt$/.test(name)).map((name) => name.slice(0, -6))
const read = (name: string) => new Uint8Array(readFileSync(join(suite, 'certs', name)))

function tryParse(der: Uint8Array): ParsedCertificate | undefined {
  try {
    return parseCertificate(der)
  } catch {
    return undefined
  }
}

const anchor = { parsed: parseCertificate(read('TrustAnchorRootCertificate.crt')) }
const candidates = files
  .filter((name) => !/Test\d+EE\.crt$|^TrustAnchor/.test(name))
  .map((name) => tryParse(read(name)))
  .filter((certificate) => certificate !== undefined)

const findLeafPath = (name: string) => {
  const leaf = tryParse(read(`${name}EE.crt`))
  return leaf && findPath(leaf, candidates, [anchor], { now, isSignedBy })
}

function outcomeOf(name: string): Outcome {
  if (tryParse(read(`${name}EE.crt`)) === undefined) return 'readable'
  const path = findLeafPath(name)
  return path === undefined ? 'no path' : (path.problem?.rule ?? 'good')
}

describe('NIST PKITS', () => {
  test('has the tests that the table has', () => {
    expect(leaves.toSorted()).toEqual([...pkitsOutcomes.keys()].toSorted())
  })

  test.each([...pkitsOutcomes])('%s: %s', (name, outcome) => {
    expect(outcomeOf(name)).toBe(outcome)
  })

  test('ends as NIST has it, but for what the page for operators explains', () => {
    const page = readFileSync(
      join(import.meta.dirname, '..', '..', 'docs', 'operators', 'path-validation.md'),
      'utf8',
    )
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    const explained = rows.flatMap((row) => row.match(/\w+Test\d+/g) ?? [])
    const different = leaves.filter((name) => isGoodByNist(name) !== (pkitsOutcomes.get(name) === 'good'))
    expect(explained.toSorted()).toEqual(different.toSorted())
    expect(page).toContain(`${leaves.length - different.length} end as NIST has it`)
  })
})
