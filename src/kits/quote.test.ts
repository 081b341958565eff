import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteCmd } from './quote-cmd.ts'
import { quotePosix } from './quote-posix.ts'
import { quotePowershell } from './quote-powershell.ts'

const pieces = [
  'a',
  '\\',
  '"',
  '%',
  'PATH',
  ':',
  '=',
  '^',
  '&',
  '!',
  ' ',
  '(',
  ')',
  '|',
  '<',
  "'",
  '\u2019',
  'ł',
  '𝒳',
]
const text = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 14 })
  .map((parts) => parts.join(''))

/**
 * Simulates the prompt of cmd: variables first, everywhere; then carets and separators outside double quotes.
 */
function readCmdLine(line: string): string {
  const variables: Record<string, string> = { PATH: 'expanded' }
  const expanded = line.replaceAll(/%([^%:]+)(?::[^%]*)?%/g, (whole, name) => variables[name] ?? whole)
  let read = ''
  let quoted = false
  for (let at = 0; at < expanded.length; at++) {
    const character = expanded.charAt(at)
    if (!quoted && character === '^') read += expanded.charAt(++at)
    else {
      if (character === '"') quoted = !quoted
      if (!quoted && /[&|<>()]/.test(character)) throw new Error(`cmd acts on ${character}`)
      read += character
    }
  }
  return read
}

/** Simulates CommandLineToArgvW for the arguments after the program's name. */
function readArguments(line: string): string[] {
  const found: string[] = []
  let current: string | undefined
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0
    const next = line.charAt(at + slashes)
    if (slashes > 0) {
      current = (current ?? '') + '\\'.repeat(next === '"' ? Math.floor(slashes / 2) : slashes)
      at += slashes - 1
      if (next === '"' && slashes % 2 === 1) {
        current += '"'
        at++
      }
    } else if (next === '"') {
      quoted = !quoted
      current ??= ''
    } else if (next === ' ' && !quoted) {
      if (current !== undefined) found.push(current)
      current = undefined
    } else current = (current ?? '') + next
  }
  return current === undefined ? found : [...found, current]
}

test('quoting for cmd passes any argument to the program', () => {
  fc.assert(
    fc.property(text, (word) => {
      expect(readArguments(readCmdLine(`${quoteCmd(word)} end`))).toEqual([word, 'end'])
    }),
    { numRuns: 2000 },
  )
})

test('quoting for PowerShell ends a literal correctly, whichever quotes it contains', () => {
  fc.assert(
    fc.property(text, (word) => {
      const literal = quotePowershell(word)
      const inner = literal.slice(1, -1)
      expect(inner.replaceAll(/(['\u2018-\u201B])\1/g, '')).not.toMatch(/['\u2018-\u201B]/)
      expect(inner.replaceAll(/(['\u2018-\u201B])\1/g, '$1')).toBe(word)
    }),
  )
})

test.each(['bash', 'dash', 'zsh'])('quoting passes any words through %s', (shell) => {
  const words = fc.sample(text, 200)
  const script = words.map((word) => `printf '%s\\n' ${quotePosix(word)}`).join('\n')
  expect(spawnSync(shell, ['-c', script]).stdout.toString()).toBe(`${words.join('\n')}\n`)
})
