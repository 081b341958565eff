import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { ensureDevelopmentTls } from '../signer/development-tls.ts'
import { listExpiries } from './list-expiries.ts'

test('each file that can be read has the time of the first certificate that expires', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-expiries-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const files = { certificateFile: at('a.pem'), keyFile: at('a.key'), serverCaFile: at('ca.pem') }
  await ensureDevelopmentTls(files, ['localhost'], systemClock)
  writeFileSync(at('broken.pem'), 'no certificate')
  const named = ['a.pem', 'a.pem', 'broken.pem', 'missing.pem'].map((name) => ({
    setting: 'gateway',
    certificateFile: at(name),
  }))
  const own = new X509Certificate(readFileSync(at('a.pem')))
  expect(listExpiries(named)).toEqual([own.validToDate.getTime()])
})
