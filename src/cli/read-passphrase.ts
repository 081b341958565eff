import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { PosternError } from '../errors.ts'

const minCharacters = 12

/** The sources of a passphrase; without any, the user is prompted. */
export interface PassphraseSources {
  /** A file whose first line is the passphrase. */
  file: string | undefined
  /** From POSTERN_ROOT_PASSPHRASE, or from the file in POSTERN_ROOT_PASSPHRASE_FILE. */
  variable: string | undefined
}

/** Returns the passphrase of an existing file. Throws `bad_request`. */
export async function readPassphrase(sources: PassphraseSources): Promise<string> {
  const given = findGiven(sources)
  if (given !== undefined) return given
  return ask('Passphrase of the file: ')
}

/** Returns the passphrase of a new file; a user types it twice. Throws `bad_request` for a short one. */
export async function readNewPassphrase(sources: PassphraseSources): Promise<string> {
  const given = findGiven(sources)
  const passphrase = given ?? (await ask('New passphrase of the file: '))
  if ([...passphrase].length < minCharacters) {
    throw new PosternError(
      'bad_request',
      `The passphrase must have ${minCharacters} characters or more: who has file and passphrase has the authority. Nothing was written.`,
    )
  }
  if (given === undefined && (await ask('The same again: ')) !== passphrase)
    throw new PosternError('bad_request', 'The two passphrases differ. Nothing was written.')
  return passphrase
}

function findGiven({ file, variable }: PassphraseSources): string | undefined {
  if (file === undefined) return variable
  if (variable !== undefined) {
    throw new PosternError(
      'bad_request',
      'The passphrase is given twice: by --passphrase-file and by POSTERN_ROOT_PASSPHRASE. Give it once.',
    )
  }
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0]
  } catch (error) {
    throw new PosternError('bad_request', `${file} cannot be read. It should hold the passphrase.`, {
      cause: error,
    })
  }
}

/** Prompts without echo. */
async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new PosternError(
      'bad_request',
      'Nobody is there to type the passphrase. Give it with --passphrase-file FILE or POSTERN_ROOT_PASSPHRASE.',
    )
  }
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const questions = createInterface({ input: process.stdin, output: silent, terminal: true })
  const answer = await questions.question('')
  questions.close()
  process.stderr.write('\n')
  return answer
}
