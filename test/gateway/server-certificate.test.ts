import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createConnections } from '../../src/gateway/connections.ts'
import type { GatewayParts } from '../../src/gateway/gateway-parts.ts'
import { createOpenCalls } from '../../src/gateway/open-calls.ts'
import { createRegistry } from '../../src/gateway/registry.ts'
import { startSweeping } from '../../src/gateway/sweep.ts'
import { readSecureContext } from '../../src/gateway/tls-options.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'

type Half = 'certificateFile' | 'keyFile'

/** A server certificate and its key, in a folder of their own. */
async function makeFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-server-certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [certificateFile, keyFile, serverCaFile] = ['gateway.pem', 'gateway.key', 'server-ca.pem'].map(
    (name) => join(folder, name),
  ) as [string, string, string]
  await ensureDevelopmentTls({ certificateFile, keyFile, serverCaFile }, ['localhost'], systemClock)
  return { certificateFile, keyFile }
}

const serialOf = (pem: string | Buffer) => new X509Certificate(pem).serialNumber

/** Follows a pair of files as a gateway does; gives what tells the serial number of the certificate in use. */
function follow(files: Record<Half, string>): () => string {
  let inUse = ''
  const reload = () => {
    const context = readSecureContext(files, [])
    // Throws where certificate and key do not belong together, as the listener does.
    createSecureContext(context)
    inUse = serialOf(context.cert as Buffer)
  }
  reload()
  const parts = {
    connections: createConnections(),
    registry: createRegistry(),
    openCalls: createOpenCalls(),
    tokens: { forgetExpired() {} },
    clock: systemClock,
  }
  onTestFinished(startSweeping(parts as unknown as GatewayParts, [files], reload))
  return () => inUse
}

test('a new server certificate is taken into use, whichever of the two files is replaced last', {
  timeout: 40_000,
}, async () => {
  const renew = async (first: Half, last: Half) => {
    const [files, renewed] = [await makeFiles(), await makeFiles()]
    const inUse = follow(files)
    const expected = serialOf(readFileSync(renewed.certificateFile))
    copyFileSync(renewed[first], files[first])
    // Longer than it takes until the one is looked at without the other.
    await wait(6000)
    expect(inUse()).not.toBe(expected)
    copyFileSync(renewed[last], files[last])
    await expect.poll(inUse, { timeout: 12_000 }).toBe(expected)
  }
  await Promise.all([renew('keyFile', 'certificateFile'), renew('certificateFile', 'keyFile')])
})
