import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'

const run = promisify(execFile)
let harness: GatewayHarness
let report: string

beforeAll(async () => {
  harness = await openGatewayHarness()
  report = (await run('sslscan', ['--xml=-', `localhost:${harness.port()}`])).stdout
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Returns the values of an attribute of the elements that match `which`. */
const valuesOf = (which: RegExp, attribute: string) =>
  (report.match(/<[^>]+>/g) ?? [])
    .filter((element) => which.test(element))
    .map((element) => new RegExp(` ${attribute}="([^"]*)"`).exec(element)?.[1])

test('sslscan finds TLS 1.2 and 1.3 and no older version', () => {
  expect(valuesOf(/^<protocol .*enabled="1"/, 'version')).toEqual(['1.2', '1.3'])
  expect(valuesOf(/^<protocol .*enabled="0"/, 'version')).toEqual(['2', '3', '1.0', '1.1'])
})

test('sslscan finds with TLS 1.2 the suites that RFC 9325, section 4.2 recommends, and no others', () => {
  // The key of the development certificate is ECDSA, so the RSA suites are unavailable.
  expect(valuesOf(/^<cipher .*TLSv1\.2/, 'cipher').toSorted()).toEqual([
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
  ])
  expect(valuesOf(/^<cipher .*TLSv1\.3/, 'cipher').toSorted()).toEqual([
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
  ])
})

test('sslscan finds no weak group, no renegotiation and no Heartbleed', () => {
  expect(valuesOf(/^<group .*TLSv1\.3/, 'id')).toEqual(['0x0017', '0x0018', '0x0019', '0x001d'])
  expect(valuesOf(/^<renegotiation/, 'supported')).toEqual(['0'])
  expect(valuesOf(/^<heartbleed/, 'vulnerable')).toEqual(['0', '0'])
})
