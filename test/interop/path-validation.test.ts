import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isSignedBy } from '../../src/gateway/decision/check-signatures.ts'
import { type ParsedCertificate, parseCertificate } from '../../src/pki/certificate/certificate.ts'
import { findPath } from '../../src/pki/path/find-path.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { isGoodByNist, type Outcome, pkitsOutcomes } from './pkits-outcomes.ts'

const suite = '/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data'
/** A time at which the certificates of the suite that are meant to be valid are valid. */
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
  test('has the same tests as the table', () => {
    expect(leaves.toSorted()).toEqual([...pkitsOutcomes.keys()].toSorted())
  })

  test.each([...pkitsOutcomes])('%s: %s', (name, outcome) => {
    expect(outcomeOf(name)).toBe(outcome)
  })

  test('gives the results of NIST, except for those explained in the page for operators', () => {
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

/** The keys of the suite are in an old kind of PKCS#12 that OpenSSL still opens. */
const extractKeys = `
cd "$1"
for file in *Test*EE.p12; do
  openssl pkcs12 -in "$file" -passin pass:password -nocerts -nodes -legacy -out "$2/\${file%EE.p12}.key" 2>/dev/null
done`

describe('NIST PKITS in a handshake with a gateway that trusts its anchor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-pkits-'))
  let harness: GatewayHarness

  beforeAll(async () => {
    execFileSync('sh', ['-c', extractKeys, 'sh', join(suite, 'pkcs12'), folder])
    harness = await openGatewayHarness()
    harness.shiftClock(now - Date.now())
    await harness.database.transaction(async (tx) => {
      const { der, notBefore, notAfter } = anchor.parsed
      const times = { not_before: notBefore, not_after: notAfter, created_at: 1 }
      const row = { id: 'iss_pkits', environment: 'production', parent_id: null }
      await tx
        .insertInto('issuers')
        .values({ ...row, ...times, kind: 'issuing', certificate_der: der })
        .execute()
      await recordChange(tx, 'issuer', 'iss_pkits', Date.now())
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
  })
  afterAll(async () => {
    await harness[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Returns the code in the gateway's response to the leaf with its chain. */
  function present(name: string): Promise<string> {
    const path = findLeafPath(name)?.certificates.map(({ der }) => der) ?? [read(`${name}EE.crt`)]
    const identity = {
      cert: path.map((der) => toPem('CERTIFICATE', der)).join(''),
      key: readFileSync(join(folder, `${name}.key`)),
    }
    return new Promise((resolve, reject) => {
      const options = { ...identity, ca: harness.ca, agent: false }
      request(`${harness.url()}/whoami`, options, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(JSON.parse(text).code)
      })
        .once('error', reject)
        .end()
    })
  }

  /**
   * Returns the expected code. No leaf of the suite has the EKU for clients, which is the error as soon as
   * its chain is valid.
   */
  function expectedCode(name: string, outcome: Outcome): string {
    if (outcome === 'good') return 'certificate_wrong_purpose'
    if (outcome === 'readable') return 'certificate_malformed'
    if (outcome === 'signature') return 'certificate_issuer_unknown'
    // The leaf is sent alone, and its issuer has the organization name of the anchor.
    if (outcome === 'no path') return 'certificate_chain_incomplete'
    const { problem, certificates } = findLeafPath(name) ?? {}
    const isLeafs = problem?.certificate === certificates?.[0]
    return isLeafs && !['names', 'policies'].includes(outcome)
      ? 'certificate_wrong_purpose'
      : 'certificate_chain_invalid'
  }

  test('denies each leaf with a TLS key for the error in its chain', async () => {
    const outcomes = [...pkitsOutcomes].filter(([name]) => !name.includes('DSA'))
    const answers: [string, string][] = []
    for (const [name] of outcomes) answers.push([name, await present(name)])
    expect(answers).toEqual(outcomes.map(([name, outcome]) => [name, expectedCode(name, outcome)]))
    expect(answers.length).toBe(220)
  }, 60_000)

  test('lets no request reach the upstream', () => {
    expect(harness.upstream.calls).toEqual([])
  })
})
