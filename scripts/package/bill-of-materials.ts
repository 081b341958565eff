import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UsedPackage } from './copy-packages.ts'

/**
 * Returns the bill of materials (CycloneDX 1.5) of what the archive has, with the digests of the lockfile, and of what
 * else there is. `npm sbom` lists what npm would install, which is more.
 */
export function describeParts(
  own: Record<string, unknown>,
  packages: readonly UsedPackage[],
  root: string,
  others: readonly object[] = [],
): object {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages as Record<
    string,
    { integrity?: string }
  >
  const components = packages.map(({ name, version, license, path }) => ({
    type: 'library',
    'bom-ref': path,
    name,
    version,
    purl: toUrl(name, version),
    hashes: [{ alg: 'SHA-512', content: toHex(lock[path]?.integrity) }],
    licenses: [{ license: { id: license } }],
  }))
  const { name, version, license } = own as { name: string; version: string; license: string }
  const component = {
    ...{ type: 'application', 'bom-ref': name, name, version, purl: toUrl(name, version) },
    licenses: [{ license: { id: license } }],
  }
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata: { component } },
    components: [...others, ...components],
  }
}

const toUrl = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

function toHex(integrity = ''): string {
  const digest = /^sha512-([\w+/]{86}==)$/.exec(integrity)?.[1]
  if (digest === undefined) throw new Error(`The lockfile has no SHA-512 digest: ${integrity}`)
  return Buffer.from(digest, 'base64').toString('hex')
}
