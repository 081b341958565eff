import { findPemBlocks } from '../pki/text/pem.ts'
import { readZip } from './read-zip.ts'

/** A pack that has been opened. */
export interface Pack {
  entries: ReadonlyMap<string, Uint8Array>
  files: Readonly<Record<string, Uint8Array>>
  text(name: string): string
  /** The DER of the PEM blocks of a file. */
  blocks(name: string): Uint8Array[]
}

/** Opens a pack. Throws an Error that says why programs could read it in different ways. */
export function openPack(zip: Uint8Array): Pack {
  const entries = readZip(zip)
  const text = (name: string) => {
    const bytes = entries.get(name)
    if (bytes === undefined) throw new Error(`${name} is missing`)
    return new TextDecoder().decode(bytes)
  }
  const blocks = (name: string) => findPemBlocks(text(name)).map(({ der }) => der)
  return { entries, files: Object.fromEntries(entries), text, blocks }
}
