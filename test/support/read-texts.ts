import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** A text that people read, and where it is. */
export interface Text {
  place: string
  text: string
  /** Whether it is a title, a label or the words of a button. */
  isLabel: boolean
}

const root = join(import.meta.dirname, '../..')
const isProse = (text: string) =>
  /[A-Za-z]/.test(text) && (/[a-z] [a-z(]/i.test(text) || /^[A-Z][a-z]+$/.test(text))
const labels = new Set(['label', 'title', 'heading', 'action', 'keep', 'busy', 'aria-label', 'placeholder'])

/** Returns the texts of the sources in a folder, without its tests. */
export const readSources = (folder: string): Text[] =>
  listFiles(folder, /(?<!\.test)\.tsx?$/).flatMap((file) => readSource(file))

/** Returns the paragraphs of the pages in a folder, without code. */
export const readPages = (folder: string): Text[] => listFiles(folder, /\.md$/).flatMap(readPage)

/** Returns the paragraphs of one page, without code. */
export function readPage(file: string): Text[] {
  const lines = readFileSync(join(root, file), 'utf8')
    .replaceAll(/^ *```.*?^ *```/gms, (block) => block.replaceAll(/[^\n]/g, ''))
    .split('\n')
  return lines.map((line, index) => ({
    place: `${file}:${index + 1}`,
    text: line.replaceAll(/`[^`]*`|\]\([^)]*\)/g, '…'),
    isLabel: line.startsWith('#'),
  }))
}

const listFiles = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => `${folder}/${name}`)
    .filter((name) => pattern.test(name))

function readSource(file: string): Text[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.ESNext,
    true,
  )
  const texts: Text[] = []
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isLiteralTypeNode(node)) return
    const text = textOf(node)?.replaceAll(/\s+/g, ' ').trim()
    if (text !== undefined && isProse(text)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      texts.push({ place: `${file}:${line}`, text, isLabel: isLabel(node) })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return texts
}

/** Returns the text of a node, with … in place of what is inserted. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isJsxText(node) || ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
}

function isLabel(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isJsxText(node) && ts.isJsxElement(parent))
    return /Button|Item$/.test(parent.openingElement.tagName.getText())
  const holder = ts.isJsxExpression(parent) ? parent.parent : parent
  if (ts.isJsxAttribute(holder) || ts.isPropertyAssignment(holder)) return labels.has(holder.name.getText())
  return false
}
