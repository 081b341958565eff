import { createPrivateKey, type KeyObject } from 'node:crypto'
import { quotePosix } from '../kits/quote-posix.ts'
import { readPemText, type TlsFile, unusable } from './tls-file.ts'

const begin = /-----BEGIN ([^\r\n-]*PRIVATE KEY)-----/

/**
 * Returns the first private key of a PEM file. Throws `config_invalid`; the message contains nothing of the
 * file.
 */
export function readPrivateKey(file: TlsFile): KeyObject {
  const text = readPemText(file)
  const found = begin.exec(text)
  if (found === null) throw unusable(file, ...describeOther(text))
  const [, label = ''] = found
  const end = text.indexOf(`-----END ${label}-----`, found.index)
  const block = text.slice(found.index, end)
  if (label === 'ENCRYPTED PRIVATE KEY' || /Proc-Type:\s*4,\s*ENCRYPTED/i.test(block)) {
    const [from, to] = [quotePosix(file.path), quotePosix(`${file.path}.plain`)]
    throw unusable(
      file,
      'is encrypted, and Postern asks for no passphrase',
      `Run openssl pkey -in ${from} -out ${to}, and keep that file private`,
    )
  }
  if (label === 'OPENSSH PRIVATE KEY')
    throw unusable(file, 'is in the form of OpenSSH', 'Run ssh-keygen -p -m PKCS8 on a copy of it')
  try {
    return createPrivateKey(`${block}-----END ${label}-----\n`)
  } catch {
    throw unusable(file, 'has a private key that cannot be read', 'Make key and certificate again')
  }
}

function describeOther(text: string): [string, string] {
  if (/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(text))
    return ['has a certificate and no private key', 'Name the file of the private key']
  if (/-----BEGIN [^\r\n-]*PUBLIC KEY-----/.test(text))
    return ['has a public key and no private key', 'Name the file of the private key']
  return ['has no private key in PEM', 'Name a file with -----BEGIN PRIVATE KEY-----']
}
