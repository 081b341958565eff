import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** A migration of the next release. */
const next = `
import { sql } from 'kysely'
export async function up(db) {
  await sql\`alter table organizations add column next_note text\`.execute(db)
  await sql\`alter table certificates add column next_count integer not null default 0\`.execute(db)
  await sql\`create index next_credentials on credentials (created_at)\`.execute(db)
}
`

/**
 * Copies the sources with one migration more, which only adds, and gives the entry of that program: what the next
 * release is to this one.
 */
export function makeNextRelease(): { program: string; migration: string } {
  const folder = mkdtempSync(join(tmpdir(), 'postern-next-'))
  cpSync(join(root, 'src'), join(folder, 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  })
  for (const name of ['node_modules', 'package.json', 'ui', 'deploy'])
    symlinkSync(join(root, name), join(folder, name))
  const migration = '9998-next'
  writeFileSync(join(folder, 'src/storage/migrations', `${migration}.ts`), next)
  const path = join(folder, 'src/storage/migrate.ts')
  const text = readFileSync(path, 'utf8')
  const registered = /^ {2}'([\w-]+)': \{ up: \w+(?:, needs: '[\w-]+')? \},\n\}/m
  const [, newest] = registered.exec(text) ?? []
  if (newest === undefined) throw new Error('The last migration is not where it was.')
  const entry = `  '${migration}': { up: nextRelease, needs: '${newest}' },\n}`
  writeFileSync(
    path,
    `import { up as nextRelease } from './migrations/${migration}.ts'\n${text.replace(registered, (all) => all.replace(/\}$/, entry))}`,
  )
  return { program: join(folder, 'src/main.ts'), migration }
}
