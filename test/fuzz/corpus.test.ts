import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCorpus } from './corpus.ts'
import { fuzzReaders } from './fuzz-readers.ts'
import { findProblem } from './judge-input.ts'

test.each(Object.entries(fuzzReaders))(
  '%s accepts or rejects every input of its corpus without breaking a rule',
  async (name, reader) => {
    const corpus = readCorpus(name)
    expect(corpus.length).toBeGreaterThan(0)
    for (const { name: file, bytes } of corpus)
      expect([file, await findProblem(reader, bytes)]).toEqual([file, undefined])
  },
)

test('every folder of the corpus has a reader', () => {
  expect(readdirSync(join(import.meta.dirname, 'corpus')).toSorted()).toEqual(
    Object.keys(fuzzReaders).toSorted(),
  )
})
