import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { findPemBlocks } from '../../../src/pki/text/pem.ts'

/**
 * The test vectors of python3-cryptography, including NIST's PKITS (Debian: python3-cryptography-vectors).
 */
const folder = '/usr/lib/python3/dist-packages/cryptography_vectors'

/** A public test input for readers. */
export interface PublicInput {
  file: string
  der: Uint8Array
}

/**
 * Returns everything in these folders of the package that is PEM with `label`, and the files that end in
 * `ending`.
 */
function readFolder(name: string, label: RegExp, ending: string): PublicInput[] {
  return readdirSync(join(folder, name), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ name: file }) => {
      const bytes = readFileSync(join(folder, name, file))
      if (extname(file) === ending) return [{ file, der: new Uint8Array(bytes) }]
      const blocks = findPemBlocks(bytes.toString('latin1')).filter((block) => label.test(block.label))
      return blocks.map(({ der }) => ({ file, der }))
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1))
}

const certificate = /^(?:X509 |TRUSTED )?CERTIFICATE$/
const list = /^X509 CRL$/
const isList = ({ file }: PublicInput) => file.startsWith('crl_')

export const publicCertificates = (): PublicInput[] => [
  ...['x509', 'x509/custom', 'x509/ed25519', 'x509/ed448', 'x509/custom/ca'].flatMap((name) =>
    readFolder(name, certificate, '.der').filter((input) => !isList(input)),
  ),
  ...readFolder('x509/PKITS_data/certs', certificate, '.crt'),
]
export const publicRequests = (): PublicInput[] => readFolder('x509/requests', /CERTIFICATE REQUEST$/, '.der')
export const publicRevocationLists = (): PublicInput[] => [
  ...readFolder('x509/custom', list, '.der').filter(isList),
  ...readFolder('x509/PKITS_data/crls', list, '.crl'),
]
export const publicOcspRequests = (): PublicInput[] =>
  readFolder('x509/ocsp', /^$/, '.der').filter(({ file }) => /req/.test(file))
