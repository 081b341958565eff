import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assertPageIsBuilt } from './serve-page.ts'

test('a user interface that is not built, or only in part, is rejected with the command to run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-page-'))
  expect(() => assertPageIsBuilt(folder)).toThrow(/index\.html is missing\. Run npm start, which builds it/)
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="/assets/index-1.js"></script>')
  expect(() => assertPageIsBuilt(folder)).toThrow(/assets\/index-1\.js is missing/)
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'assets/index-1.js'), '')
  assertPageIsBuilt(folder)
})
