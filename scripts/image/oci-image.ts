import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What a container starts, and with what. */
export interface ImageDescription {
  /** The tars of its layers, lowest first. */
  layers: readonly Buffer[]
  architecture: string
  name: string
  version: string
  created: string
  /** `config` of the image: user, environment, entry point, ports (OCI image specification, config.md). */
  config: Record<string, unknown>
  annotations: Record<string, string>
}

interface Descriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string>
}

const media = (kind: string) => `application/vnd.oci.image.${kind}`

/**
 * Writes an image into the new `folder` in the layout of OCI (image specification 1.1, image-layout.md). Returns the
 * digest of its manifest. The same description gives the same bytes.
 */
export function writeOciLayout(folder: string, image: ImageDescription): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const add = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = sha256(bytes)
    writeFileSync(join(folder, 'blobs/sha256', digest), bytes)
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length }
  }
  const addJson = (kind: string, value: object) =>
    add(media(`${kind}+json`), Buffer.from(JSON.stringify(value)))

  const layers = image.layers.map((tar) => add(media('layer.v1.tar+gzip'), gzipSync(tar)))
  const config = addJson('config.v1', {
    ...{ created: image.created, architecture: image.architecture, os: 'linux', config: image.config },
    rootfs: { type: 'layers', diff_ids: image.layers.map((tar) => `sha256:${sha256(tar)}`) },
  })
  const { annotations } = image
  const manifest = addJson('manifest.v1', {
    ...{ schemaVersion: 2, mediaType: media('manifest.v1+json'), config, layers, annotations },
  })
  const index = {
    ...{ schemaVersion: 2, mediaType: media('index.v1+json') },
    manifests: [
      { ...manifest, annotations: { 'org.opencontainers.image.ref.name': `${image.name}:${image.version}` } },
    ],
  }
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index))
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return manifest.digest
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
