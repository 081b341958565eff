import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'

const reference = /(from |import |import\(|new URL\()'(\.{1,2}\/[^']+)\.ts'/g

/**
 * Writes the sources of the server as JavaScript: Node strips no types below `node_modules`, where npm installs a
 * package. Lines and columns stay as they are, so that stack traces fit the sources. Returns the paths of
 * the files.
 */
export function stripSources(from: string, to: string): string[] {
  const files: string[] = []
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (name.endsWith('.test.ts') || !/\.(ts|json)$/.test(name)) continue
    const target = join(to, name.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    const text = readFileSync(join(from, name), 'utf8')
    writeFileSync(target, name.endsWith('.json') ? text : toJavaScript(text))
    files.push(target)
  }
  return files
}

const toJavaScript = (text: string): string => stripTypeScriptTypes(text).replaceAll(reference, "$1'$2.js'")
