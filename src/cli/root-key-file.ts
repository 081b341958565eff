import { createPrivateKey, type KeyObject } from 'node:crypto'
import { lstatSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { createFile } from '../durable-file.ts'
import { PosternError } from '../errors.ts'

/**
 * Throws `conflict` if `file` exists, even as a dangling symbolic link, and `bad_request` if its folder does
 * not exist.
 */
export function assertFileIsNew(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new PosternError(
      'conflict',
      `${file} is there already, and nothing is written over. If it is left from an export that was cut short, delete it; else name another file.`,
    )
  }
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new PosternError('bad_request', `The folder ${dirname(file)} is not there. Make it first.`)
}

/**
 * Writes a file for its owner only, synced to disk, without following links. Throws `conflict` if it exists.
 */
export function writeSecretFile(file: string, text: string): void {
  assertFileIsNew(file)
  createFile(file, text, 0o600)
}

/**
 * Returns the private key of an encrypted PKCS#8 file, whichever program encrypted it. Throws `bad_request`.
 */
export function readRootKeyFile(file: string, passphrase: string): KeyObject {
  const pem = readFile(file)
  if (!pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) {
    throw new PosternError(
      'bad_request',
      `${file} is not an encrypted private key (PKCS#8, PEM), as postern root export writes it.`,
    )
  }
  try {
    return createPrivateKey({ key: pem, format: 'pem', passphrase })
  } catch {
    throw new PosternError(
      'bad_request',
      `${file} does not open: the passphrase is another, or the file is damaged. Nothing was changed.`,
    )
  }
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new PosternError('bad_request', `${file} cannot be read. Name the file of the root's key.`, {
      cause: error,
    })
  }
}
