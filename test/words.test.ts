import { describe, expect, test } from 'vitest'
import { readPage, readPages, readSources, type Text } from './support/read-texts.ts'

/** A form that texts have, how a text breaks it, and an example that does. */
interface Rule {
  name: string
  breaks: RegExp
  example: string
  isOnLabels?: boolean
}

const british =
  /\b(?:colours?|coloured|behaviours?|recognis\w+|synchronis\w+|organis\w+|authoris\w+|initialis\w+|normalis\w+|summaris\w+|minimis\w+|favour\w*|honour\w*|centres?|licences?|grey|whilst|judgement|labelled|travelled|fulfil)\b/i

const rules: Rule[] = [
  { name: 'email', breaks: /\be-mails?\b/i, example: 'The requester gets an e-mail either way.' },
  {
    name: 'email, not letter',
    breaks:
      /\b(?:gets?|got|sends?|sent|withheld|these|those|more|five) (?:a )?letters?\b|\bLetters (?:that|were|arrive)\b/,
    example: 'Their contacts get a letter now, 14 days before and the day before.',
  },
  { name: 'trace ID', breaks: /\b[Tt]race ids?\b/, example: 'Tell the operator the trace id.' },
  { name: 'client ID', breaks: /\b[Cc]lient ids?\b/, example: 'The client id is not right.' },
  {
    name: 'one has no plural',
    breaks:
      /(?<![\d.,])\b1 (?:seconds|minutes|hours|days|calls|requests|certificates|organizations|gateways)\b/,
    example: 'Wait 1 seconds and try again.',
  },
  {
    name: 'denied or rejected',
    breaks: /(?<!\b[Cc]onnection (?:is |was )?)\b[Rr]efus(?:e|es|ed|als?|ing)\b/,
    example: 'Would be refused if a certificate were required',
  },
  { name: 'replacement', breaks: /\bsuccessors?\b/i, example: 'Begin the successor' },
  { name: 'created', breaks: /\bbegun\b/i, example: 'Begun' },
  {
    name: 'unidentified client',
    breaks: /\bstrangers?\b/i,
    example: 'Of all organizations and of strangers.',
  },
  {
    name: 'client',
    breaks: /\bcallers?\b/i,
    example: 'Some environments drop unknown callers without a word.',
  },
  { name: 'American spelling', breaks: british, example: 'Colours' },
  { name: 'no period after a label', breaks: /\w\.$/, example: 'Save details.', isOnLabels: true },
  { name: 'no exclamation mark', breaks: /\w!(?:\s|$)/, example: 'Saved!' },
]

const texts: Record<string, () => Text[]> = {
  // The messages of other programs keep their words.
  'the portal': () => readSources('ui/src').filter(({ place }) => !/message-signs/.test(place)),
  // Columns and values of the store, and names of headers, are read by nobody.
  'the server': () =>
    readSources('src').filter(
      ({ place, text }) =>
        !/migrations|identity-headers/.test(place) && !/= 'refused'|<> 'refused'/.test(text),
    ),
  'pages for customers': () => readPages('docs/customers'),
  'pages for operators': () => readPages('docs/operators'),
  'pages for everybody': () =>
    ['README.md', 'SECURITY.md', 'docs/api.md', 'docs/events.md'].flatMap(readPage),
}

describe.each(Object.entries(texts))('the words of %s', (_, read) => {
  const all = read()
  test.each(rules)('$name', ({ breaks, isOnLabels }) => {
    const wrong = all.filter(({ text, isLabel }) => breaks.test(text) && (isLabel || isOnLabels !== true))
    expect(wrong.map(({ place, text }) => `${place} ${text}`)).toEqual([])
  })
})

test.each(rules)('the rule "$name" finds a text that breaks it', ({ breaks, example }) => {
  expect(example).toMatch(breaks)
})
