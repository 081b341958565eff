// Writes the lists of headers in deploy/ from the table in src/shapes/identity-headers.ts: node
// scripts/write-edge-lists.ts, with Node 24.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { edgeLists } from '../src/gateway/authorizer/render-edge-list.ts'

for (const { file, render } of Object.values(edgeLists))
  writeFileSync(join(import.meta.dirname, '../deploy', file), render([]))
