import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createGunzip, createGzip } from 'node:zlib'
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import { PosternError } from '../errors.ts'
import { damaged } from './backup-lines.ts'

type WebStream = globalThis.ReadableStream<Uint8Array>

/**
 * Writes `content` into a new file that only the owner can read: compressed, and encrypted to each recipient in the
 * format of age (age-encryption.org/v1). Every octet of it is authenticated. Synced to disk. Returns its length and
 * its SHA-256 in hex. Throws the system's error, `EEXIST` if the file exists.
 */
export async function writeEncrypted(
  path: string,
  recipients: readonly string[],
  content: AsyncIterable<Buffer>,
): Promise<{ octets: number; sha256: string }> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  const hash = createHash('sha256')
  let octets = 0
  const count = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      octets += chunk.length
      done(null, chunk)
    },
  })
  const zipped = createGzip({ level: 4 })
  const reading = pipeline(Readable.from(content), zipped)
  // The pipeline below fails with the same error.
  reading.catch(() => {})
  const encrypted = await encrypter.encrypt(Readable.toWeb(zipped) as WebStream)
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true })
  await pipeline(Readable.fromWeb(encrypted as ReadableStream), count, file)
  await reading
  return { octets, sha256: hash.digest('hex') }
}

/**
 * Reads what `writeEncrypted` has written. Throws `backup_identity_wrong` if none of the identities is that of a
 * recipient, `backup_damaged` at the latest at its end if one octet differs, and the system's error.
 */
export async function* readEncrypted(
  path: string,
  identities: readonly string[],
): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  const file = createReadStream(path)
  const opened = new Promise<void>((resolve, reject) =>
    file.once('open', () => resolve()).once('error', reject),
  )
  await opened
  let plain: WebStream
  try {
    plain = (await decrypter.decrypt(Readable.toWeb(file) as WebStream)) as WebStream
  } catch (error) {
    file.destroy()
    throw /no identity matched/i.test((error as Error).message) ? wrongIdentity() : damaged(error)
  }
  const unzipped = createGunzip()
  const reading = pipeline(Readable.fromWeb(plain as ReadableStream), unzipped)
  reading.catch(() => {})
  try {
    yield* unzipped
    await reading
  } catch (error) {
    throw error instanceof PosternError ? error : damaged(error)
  } finally {
    unzipped.destroy()
    file.destroy()
  }
}

const wrongIdentity = () =>
  new PosternError(
    'backup_identity_wrong',
    'The file was not encrypted to the recipient of this identity, or its first lines were changed. Give the file with the private key that belongs to the recipient.',
  )

/** Checks that `text` is the public key of a recipient. Throws `bad_request`, and does not repeat `text`. */
export function parseRecipient(text: string): string {
  const recipient = text.trim()
  if (/^AGE-SECRET-KEY-/i.test(recipient))
    throw new PosternError(
      'bad_request',
      'That is the private key. Give its public key, which begins with age1, and keep the private key off this machine.',
    )
  try {
    new Encrypter().addRecipient(recipient)
    return recipient
  } catch {
    throw new PosternError(
      'bad_request',
      'The recipient is not a public key of age, which begins with age1. Make a pair of keys elsewhere, with age-keygen or with postern backup keygen.',
    )
  }
}

/** Returns the identities in the text of a file of age: one each line, besides comments. Throws `bad_request`. */
export async function parseIdentities(text: string): Promise<string[]> {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  try {
    await Promise.all(identities.map(identityToRecipient))
    if (identities.length > 0) return identities
  } catch {
    // Told below, without its text.
  }
  throw new PosternError(
    'bad_request',
    'The file of the identity does not hold a private key of age: a line that begins with AGE-SECRET-KEY-1.',
  )
}
