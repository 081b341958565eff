import { createHash, verify } from 'node:crypto'
import { z } from 'zod'

/** The files of a pack that the manifest does not list: itself and its signature. */
const manifestFiles = ['manifest.json', 'manifest.sig'] as const

const Manifest = z.object({
  format: z.literal('postern-evidence-2'),
  name: z.string(),
  madeAt: z.string(),
  sha256: z.record(z.string(), z.string()),
})

/** The content of a pack: the SHA-256 of every other file, hex. */
export type Manifest = z.output<typeof Manifest>

/** Returns the manifest of these files in its signed form. */
export function formatManifest(name: string, madeAt: string, files: ReadonlyMap<string, Uint8Array>): string {
  const manifest: Manifest = { format: 'postern-evidence-2', name, madeAt, sha256: hashesOf(files) }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

function hashesOf(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  const listed = [...files].filter(([name]) => !(manifestFiles as readonly string[]).includes(name))
  return Object.fromEntries(
    listed.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  )
}

/**
 * Compares the files of a pack with its manifest, and returns the problem. Throws if the manifest is
 * unreadable.
 */
export function findManifestProblem(
  files: ReadonlyMap<string, Uint8Array>,
  manifest: string,
): string | undefined {
  const told = new Map(Object.entries(Manifest.parse(JSON.parse(manifest)).sha256))
  const present = new Map(Object.entries(hashesOf(files)))
  const names = new Set([...told.keys(), ...present.keys()])
  const wrong = [...names].filter((name) => told.get(name) !== present.get(name))
  return wrong.length === 0 ? undefined : `${wrong.join(', ')} differs, is missing or was added`
}

/**
 * Returns whether the key (SPKI, DER) signed the manifest: ECDSA with SHA-256 over the file, the signature in
 * DER.
 */
export function isManifestSigned(
  manifest: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const key = { key: Buffer.from(publicKey), format: 'der' as const, type: 'spki' as const }
  return verify('sha256', manifest, key, signature)
}
