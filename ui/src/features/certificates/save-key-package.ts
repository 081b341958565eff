import { strToU8, type Zippable, zipSync } from 'fflate'
import { certificateFileName, keyFileName, serverCaFileName } from '../../../../src/kits/file-names.ts'
import { saveFile } from '../../lib/save-file.ts'
import { type BrowserKey, toKeyFile } from './create-browser-key.ts'

interface KeyPackage {
  name: string
  /** The certificate in PEM. */
  pem: string
  key: BrowserKey
  /** The private CA of the gateway in PEM; null if clients know its CA. */
  serverCa: string | null
}

/** The name of the file that holds key and certificate; the client certificate package has no key. */
const keyPackageName = (name: string): string => `${name}-with-key.zip`

/** Saves key and certificate as one zip that this page writes. The key is unpacked readable by its user alone. */
export function saveKeyPackage({ name, pem, key, serverCa }: KeyPackage): void {
  const files: Zippable = {
    [keyFileName(name)]: [strToU8(toKeyFile(key)), withMode(0o600)],
    [certificateFileName(name)]: [strToU8(pem), withMode(0o644)],
    ...(serverCa !== null && { [serverCaFileName]: [strToU8(serverCa), withMode(0o644)] }),
  }
  saveFile(keyPackageName(name), zipSync(files), 'application/zip')
}

/** Returns the mode of a regular file as zip stores it: of the system Unix, in the upper half. */
const withMode = (mode: number) => ({ os: 3, attrs: (0o100000 | mode) * 0x10000 })
