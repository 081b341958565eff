import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signInFirst } from '../../test/support/api.ts'
import { issueCertificate } from '../../test/support/certificates.ts'
import { createGatewayClient, readIdentity } from '../../test/support/gateway-client.ts'
import { podmanOptions } from '../../test/support/podman-options.ts'
import { startPostern } from '../../test/support/postern.ts'
import { userId } from './fill-base.ts'

const script = join(import.meta.dirname, 'write-image.ts')
let folder: string
/** The files of the layout of the image. */
let layout: string
/** Where podman keeps images. It takes short paths only. */
let store: string

const write = (file: string) =>
  promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script, '--output', file])

const digestOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
const readBlob = ({ digest }: { digest: string }) =>
  JSON.parse(readFileSync(join(layout, 'blobs/sha256', digest.replace('sha256:', '')), 'utf8'))
const readManifest = () => {
  const [manifest] = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')).manifests
  return readBlob(manifest)
}
/** What is in all layers, as `tar` tells it: mode, owner, …, path. */
const listFiles = (): string[][] =>
  readManifest().layers.flatMap(({ digest }: { digest: string }) =>
    execFileSync('tar', ['-tvzf', join(layout, 'blobs/sha256', digest.replace('sha256:', ''))], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ +/)),
  )

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-image-test-'))
  layout = join(folder, 'layout')
  mkdirSync(layout)
  store = mkdtempSync(join(tmpdir(), 'p-'))
  await Promise.all(['first.tar', 'second.tar'].map((name) => write(join(folder, name))))
  execFileSync('tar', ['-xf', join(folder, 'first.tar'), '-C', layout])
})
afterAll(() => {
  for (const path of [folder, store]) rmSync(path, { recursive: true, force: true })
})

describe('the image', () => {
  test('has the same bytes each time', () => {
    expect(digestOf(join(folder, 'second.tar'))).toBe(digestOf(join(folder, 'first.tar')))
    expect(digestOf(join(folder, 'second.cdx.json'))).toBe(digestOf(join(folder, 'first.cdx.json')))
  })

  test('starts Postern as a user without rights', () => {
    const { config } = readBlob(readManifest().config)
    expect(config).toMatchObject({
      User: `${userId}:${userId}`,
      Entrypoint: ['/usr/bin/node', '/opt/postern/src/main.js'],
      Cmd: ['serve'],
      StopSignal: 'SIGTERM',
    })
  })

  test('has Node, the libraries that it links to, and no shell or other program', () => {
    const programs = listFiles()
      .filter(([mode = '']) => mode.startsWith('-') && mode.includes('x'))
      .map((fields) => fields.at(-1) ?? '')
      .filter((path) => !/^\.\/usr\/lib(64)?\/([^/]+-linux-gnu\/)?[^/]+\.so\.\d+$/.test(path))
    expect(programs).toEqual(['./usr/bin/node'])
    const changeable = listFiles().filter(([mode = '']) => !mode.startsWith('l') && mode[8] === 'w')
    expect(changeable).toEqual([])
    const owned = listFiles().filter(([, owner]) => owner !== '0/0')
    expect(owned.map((fields) => [fields[0], fields.at(-1)])).toEqual([['drwx------', 'var/lib/postern/']])
  })

  test('lists Node, libraries and packages in a bill of materials, with digests and licenses', () => {
    const { components } = JSON.parse(readFileSync(join(folder, 'first.cdx.json'), 'utf8'))
    const urls: string[] = components.map(({ purl }: { purl: string }) => purl)
    expect(urls).toContain(`pkg:generic/node@${process.versions.node}`)
    for (const name of ['libc6', 'libstdc++6', 'libgcc-s1'])
      expect(urls.filter((url) => url.startsWith(`pkg:deb/debian/${name}@`))).toHaveLength(1)
    expect(urls.some((url) => url.startsWith('pkg:npm/fastify@'))).toBe(true)
    for (const { hashes } of components) expect(hashes[0].content).toMatch(/^([0-9a-f]{64}){1,2}$/)
    const licenses = listFiles().filter((fields) =>
      /usr\/share\/doc\/.*\/copyright$/.test(fields.at(-1) ?? ''),
    )
    expect(licenses.length).toBeGreaterThanOrEqual(2)
  })
})

test('Postern in a read-only container without capabilities serves its page, issues a certificate, and its gateway accepts it', async () => {
  execFileSync('podman', [...podmanOptions(store), 'load', '--quiet', '--input', join(folder, 'first.tar')])
  const postern = await startPostern({
    program: resolve(import.meta.dirname, '../../test/support/run-image.ts'),
    environment: { POSTERN_TEST_STORE: store },
  })
  try {
    const page = await fetch(postern.portalUrl)
    expect(page.status).toBe(200)
    const asset = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1]
    expect((await fetch(new URL(asset ?? '', postern.portalUrl))).status).toBe(200)
    const admin = await signInFirst(postern, 'admin@acme.example')
    const { files } = await issueCertificate(admin, 'acme')
    const client = createGatewayClient(postern, readIdentity(files))
    expect((await client.get('/whoami')).status).toBe(200)
    client.close()
  } finally {
    await postern.stop()
  }
})
