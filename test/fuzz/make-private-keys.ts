import { findPemBlocks } from '../../src/pki/text/pem.ts'
import type { ToolFolder } from '../support/tool-folder.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/**
 * Returns throwaway private keys in the formats that users paste; requires the key and certificate of a CSR
 * in the folder.
 */
export function makePrivateKeys(folder: ToolFolder): Uint8Array[] {
  folder.run('openssl pkcs8 -topk8 -in key0.pem -out locked.pem -passout pass:x')
  folder.run('openssl ec -in key0.pem -out sec1.pem')
  folder.run('openssl ec -in key0.pem -aes128 -passout pass:x -out old.pem')
  folder.run('openssl pkcs12 -export -in certificate0.pem -inkey key0.pem -passout pass:x -out keys.p12')
  folder.run('openssl genrsa -traditional -out rsa.pem 512')
  folder.run('openssl pkey -in key0.pem -pubout -out public.pem')
  const files = ['key0.pem', 'key3.pem', 'locked.pem', 'sec1.pem', 'old.pem', 'rsa.pem', 'public.pem'].map(
    folder.read,
  )
  const text = new TextDecoder()
  const ders = files.flatMap((file) => findPemBlocks(text.decode(file)).map(({ der }) => der))
  const bare = files.map((file) => encode(text.decode(file).replaceAll(/-----.*-----\n/g, '')))
  const wrapped = files.slice(0, 2).map((file) => encode(btoa(text.decode(file))))
  return [...files, ...ders, ...bare, ...wrapped, folder.read('keys.p12')]
}
