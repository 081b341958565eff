import { readFileSync, statSync } from 'node:fs'
import { PosternError } from '../errors.ts'
import { quotePosix } from '../kits/quote-posix.ts'
import { type DerKind, identifyDer } from '../pki/der/identify-der.ts'

/** A file with certificates or a key, and the setting that names it. */
export interface TlsFile {
  setting: string
  path: string
}

const maxBytes = 1_048_576
const boundary = /-----(?:BEGIN|END) [^\r\n-]+-----/g

/** Returns the error for an unusable file: one sentence about the problem, then what to do. */
export const unusable = ({ setting, path }: TlsFile, problem: string, advice: string): PosternError =>
  new PosternError('config_invalid', `${setting}: ${path} ${problem}. ${advice}.`)

/**
 * Returns the text of a PEM file. Throws `config_invalid` if it is missing, not a regular file, too large, of
 * another format, or if one of its blocks is incomplete, as while it is being written.
 */
export function readPemText(file: TlsFile): string {
  const bytes = readBytes(file)
  if (bytes.length === 0) throw unusable(file, 'is empty', 'Put the file in place again')
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw unusable(file, 'is text in UTF-16', 'Save it as UTF-8 without other changes')
  const kind = identifyDer(bytes)
  if (kind !== 'unknown') throw unusable(file, ...describeBinary(kind, file.path))
  const text = bytes.toString('utf8')
  assertClosed(file, text)
  return text
}

function readBytes(file: TlsFile): Buffer {
  try {
    const found = statSync(file.path)
    if (found.isDirectory()) throw unusable(file, 'is a directory', 'Name the file in it')
    // Reading a pipe would block, and it is empty when it is read again.
    if (!found.isFile()) throw unusable(file, 'is no regular file', 'Name a file that can be read again')
    if (found.size > maxBytes)
      throw unusable(file, `has more than ${maxBytes} bytes`, 'Name a file with what is needed alone')
    return readFileSync(file.path)
  } catch (error) {
    if (error instanceof PosternError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw unusable(file, 'does not exist', 'Correct the setting, or put the file there')
    throw unusable(file, `cannot be read (${code})`, 'Let the user that Postern runs as read it')
  }
}

/** Returns the format of a file in DER or another container, and how to convert it to PEM. */
function describeBinary(kind: DerKind, path: string): [string, string] {
  const [from, to] = [quotePosix(path), quotePosix(`${path}.pem`)]
  if (kind === 'PKCS#12 file')
    return [
      'is a PKCS#12 file, and PEM is needed',
      `Run openssl pkcs12 -nodes -in ${from} -out ${to}, and name that file for certificate and key`,
    ]
  if (kind === 'PKCS#7 file')
    return [
      'is a PKCS#7 file, and PEM is needed',
      `Run openssl pkcs7 -inform der -print_certs -in ${from} -out ${to}`,
    ]
  if (kind === 'Java key store')
    return [
      'is a Java key store, and PEM is needed',
      'Export it with keytool -importkeystore to PKCS#12 first',
    ]
  const tool = kind === 'private key' ? 'pkey' : 'x509'
  const command = `Run openssl ${tool} -inform der -in ${from} -out ${to}`
  const isWanted = kind === 'private key' || kind === 'certificate'
  return [
    `is a ${kind} in DER, and PEM is needed`,
    isWanted ? command : 'Name a file with certificates or a private key in PEM',
  ]
}

function assertClosed(file: TlsFile, text: string): void {
  const proxies = (text.match(boundary) ?? []).map((line) => line.slice(5, -5))
  let open: string | undefined
  for (const line of proxies) {
    const [side, label] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
    if ((side === 'BEGIN') === (open !== undefined) || (side === 'END' && label !== open)) throw cut(file)
    open = side === 'BEGIN' ? label : undefined
  }
  if (open !== undefined) throw cut(file)
}

const cut = (file: TlsFile) =>
  unusable(
    file,
    'has a block that is not closed: it is cut off, or still being written',
    'Put the whole file in place',
  )
