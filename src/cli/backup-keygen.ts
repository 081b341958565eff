import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { createFile } from '../durable-file.ts'
import { PosternError } from '../errors.ts'

/** Makes a pair of keys of age for backups; prints the public one. Returns the exit code. Throws `conflict`. */
export async function backupKeygen(file: string): Promise<number> {
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  try {
    createFile(file, `# public key: ${recipient}\n${identity}\n`, 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new PosternError('conflict', `${file} exists, and may open backups. Give another name.`, { cause })
  }
  process.stdout.write(`${recipient}\n`)
  process.stderr.write(
    `postern: hint: ${file} opens every backup that is encrypted to this key. Keep it in two places, and not on the machine of Postern.\n`,
  )
  return 0
}
