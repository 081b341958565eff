import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { DebianPackage } from './debian-packages.ts'

/** Returns the entries of a bill of materials (CycloneDX 1.5) for what an image has below Postern. */
export function describeBase(node: string, packages: readonly DebianPackage[]): object[] {
  const version = process.version.slice(1)
  return [
    {
      ...{ type: 'application', 'bom-ref': 'usr/bin/node', name: 'node', version },
      purl: `pkg:generic/node@${version}`,
      hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(node)).digest('hex') }],
      licenses: [{ license: { id: 'MIT' } }],
    },
    ...packages.map(({ name, version, architecture, sha256 }) => ({
      ...{ type: 'library', 'bom-ref': `debian/${name}`, name, version },
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`,
      hashes: [{ alg: 'SHA-256', content: sha256 }],
    })),
  ]
}
