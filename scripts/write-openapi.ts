/** Writes the document of the API as the last released one, with which the tests compare every later one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toOpenApi } from '../src/http/openapi.ts'

const file = join(import.meta.dirname, '../docs/openapi.json')
writeFileSync(file, `${JSON.stringify(toOpenApi('https://portal.example'), null, 2)}\n`)
console.log(`wrote ${file}`)
