import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { PosternError } from '../errors.ts'

const minCharacters = 12
const maxCharacters = 200
/** A password that takes fewer guesses than 10 to this power is on a list, or a pattern around a word of one. */
const minGuesses = 9
/** What is beyond takes time to examine and makes no weak password of a strong one. */
const examinedCharacters = 48
const words = 'Choose another, for example four or five random words.'

/**
 * Throws `password_unsuitable` if the password has a wrong length or is easy to guess: on a list of passwords that were
 * found in breaches, a pattern, or made of `names`: those of the user, of the organizations and of the product.
 */
export async function assertSuitablePassword(password: string, names: readonly string[]): Promise<void> {
  if (password.length < minCharacters)
    throw unsuitable(`The password must have at least ${minCharacters} characters. ${words}`)
  if (password.length > maxCharacters)
    throw unsuitable(`The password must have at most ${maxCharacters} characters. Choose a shorter one.`)
  const guesses = await loadGuesses()
  const known = [...names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]), 'postern']
  const { guessesLog10 } = guesses.check(
    password,
    known.filter((name) => name.length > 2),
  )
  if (guessesLog10 < minGuesses)
    throw unsuitable(
      `The password is easy to guess: it is on lists of common passwords, follows a pattern or contains a name of yours. ${words}`,
    )
}

let loading: Promise<ZxcvbnFactory> | undefined

/** Loads the list when the first password is chosen: it takes 6 MB of memory. */
function loadGuesses(): Promise<ZxcvbnFactory> {
  loading ??= (async () => {
    const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
      import('@zxcvbn-ts/core'),
      import('@zxcvbn-ts/language-common'),
    ])
    return new ZxcvbnFactory({
      dictionary: { 'passwords-common': dictionary['passwords-common'] },
      graphs: adjacencyGraphs,
      maxLength: examinedCharacters,
    })
  })()
  return loading
}

const unsuitable = (sentence: string) => new PosternError('password_unsuitable', sentence)
