import { findPemBlocks } from '../pki/text/pem.ts'
import { readZip } from './read-zip.ts'

/** An opened pack. */
export interface Pack {
  entries: ReadonlyMap<string, Uint8Array>
  files: Readonly<Record<string, Uint8Array>>
  text(name: string): string
  /** Returns the DER of the PEM blocks of a file. */
  blocks(name: string): Uint8Array[]
}

/** Opens a pack. Throws an Error with the reason if programs could read it in different ways. */
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
