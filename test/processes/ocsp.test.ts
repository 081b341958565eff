import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst } from '../support/api.ts'
import { issueCertificate } from '../support/certificates.ts'
import { type PosternPlace, preparePostern } from '../support/postern.ts'

const run = promisify(execFile)
let place: PosternPlace

beforeAll(async () => {
  place = await preparePostern()
})
afterAll(() => place.remove())

test('OCSP works at the URL in a certificate before and after revocation', {
  timeout: 180_000,
}, async () => {
  const postern = await place.start('--portal')
  const admin = await signInFirst(postern, 'admin@acme.example')
  const { certificate, files } = await issueCertificate(admin, 'acme')
  const tool = async (...args: string[]) => {
    const { stdout, stderr } = await run('openssl', args, { cwd: files.folder })
    return stdout + stderr
  }
  const read = (which: string) => tool('x509', '-in', files.certificateFile, '-noout', which)
  const responder = (await read('-ocsp_uri')).trim()
  const issuer = /CA Issuers - URI:(\S+)/.exec(await read('-text'))?.[1] ?? ''
  for (const [name, url] of Object.entries({ issuer, root: `${place.publicUrl}/issuers/root.cer` })) {
    await run('curl', ['--silent', '--fail', '--output', join(files.folder, `${name}.der`), url])
    await tool('x509', '-inform', 'DER', '-in', `${name}.der`, '-out', `${name}.pem`)
  }
  await run('sh', ['-c', 'cat issuer.pem root.pem > chain.pem'], { cwd: files.folder })
  const ask = async () => {
    const about = [
      '-issuer',
      'issuer.pem',
      '-cert',
      files.certificateFile,
      '-CAfile',
      'chain.pem',
      '-resp_text',
    ]
    const text = await tool('ocsp', ...about, '-url', responder)
    expect(text).toContain('Response verify OK')
    return {
      status: /Cert Status: (\w+)/.exec(text)?.[1],
      responder: /Responder Id: (\w+)/.exec(text)?.[1],
    }
  }

  const good = await ask()
  expect(good.status).toBe('good')
  await admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
    body: { reason: 'key_compromise', name: certificate.name },
  })
  expect((await ask()).status).toBe('revoked')

  await postern.end()
})
