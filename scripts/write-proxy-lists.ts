// Writes the lists of headers in deploy/ from the table in src/shapes/identity-headers.ts: node
// scripts/write-proxy-lists.ts, with Node 24.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { proxyLists } from '../src/gateway/authorizer/render-proxy-list.ts'

for (const { file, render } of Object.values(proxyLists))
  writeFileSync(join(import.meta.dirname, '../deploy', file), render([]))
