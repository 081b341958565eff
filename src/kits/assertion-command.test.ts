import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { assertionCommands } from './assertion-command.ts'

const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync('ed25519'),
}

/** Runs the commands with a curl that prints its arguments, and returns the assertion. */
function runCommands(folder: string, commands: string): string {
  const output = execFileSync('sh', ['-c', commands], {
    cwd: folder,
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  }).toString()
  return /client_assertion=(\S+)/.exec(output)?.[1] ?? ''
}

test.each(['ES256', 'PS256', 'EdDSA'] as const)(
  'the OpenSSL commands create an assertion with %s that jose verifies',
  async (algorithm) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-assertion-'))
    const { privateKey, publicKey } = pairs[algorithm]
    writeFileSync(join(folder, 'client.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(join(folder, 'curl'), '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    chmodSync(join(folder, 'curl'), 0o755)
    const input = {
      name: 'acme-0001',
      gatewayUrl: 'https://gw.example:8443',
      clientId: 'acme-1',
      kid: "it's",
      algorithm,
    }
    // One in 128 ECDSA signatures contains a shorter number.
    const rounds = algorithm === 'ES256' ? 20 : 1
    for (let round = 0; round < rounds; round++) {
      const assertion = runCommands(folder, assertionCommands(input))
      const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
        issuer: 'acme-1',
        subject: 'acme-1',
        audience: 'https://gw.example:8443',
        algorithms: [algorithm],
      })
      expect(protectedHeader).toEqual({ alg: algorithm, kid: "it's" })
      expect(payload.jti).toMatch(/^[0-9a-f]{32}$/)
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
    }
    rmSync(folder, { recursive: true })
  },
)
