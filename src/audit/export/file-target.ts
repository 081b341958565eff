import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../../durable-file.ts'
import { PosternError } from '../../errors.ts'
import { formatItem } from './export-item.ts'
import type { ExportTarget } from './export-target.ts'

/** It names who does what: for the user of Postern and the group that collects logs. */
const mode = 0o640
const lineFeed = 10
const blockOctets = 65_536

/**
 * Creates a target that adds lines of JSON to a file. The file is opened for each delivery, so that one that was renamed
 * or truncated meanwhile is left alone, and what was delivered is on the disk when a delivery has finished.
 */
export function createFileTarget(path: string): ExportTarget {
  return {
    async open() {
      const file = await openFile(path)
      try {
        const { size } = await file.stat()
        await cutTornLine(file, size)
        return {
          async write(items) {
            const text = items.map((item) => `${formatItem(item)}\n`).join('')
            await file.writeFile(text).catch((error) => {
              throw unwritable(path, error)
            })
          },
          async finish() {
            await file.sync().catch((error) => {
              throw unwritable(path, error)
            })
            await file.close()
            if (size === 0) syncFolder(dirname(path))
          },
          abort: () => void file.close().catch(() => {}),
        }
      } catch (error) {
        await file.close()
        throw error
      }
    },

    async readLast() {
      const file = await open(path, 'r').catch(() => undefined)
      if (file === undefined) return undefined
      try {
        const { size } = await file.stat()
        const start = Math.max(0, size - blockOctets)
        const text = (await readBlock(file, start, size)).toString('utf8')
        // The last piece is empty, or a line that was cut off.
        const lines = text.split('\n').slice(start === 0 ? 0 : 1, -1)
        return lines.map(parseEntry).findLast((entry) => entry !== undefined)
      } catch {
        // What is wrong with it is told when it is opened to be written.
        return undefined
      } finally {
        await file.close()
      }
    },
  }
}

function parseEntry(line: string): { sequence: number; hash: string } | undefined {
  try {
    const { type, sequence, hash } = JSON.parse(line)
    const isEntry = type !== 'audit.checkpoint' && Number.isSafeInteger(sequence) && typeof hash === 'string'
    return isEntry ? { sequence, hash } : undefined
  } catch {
    return undefined
  }
}

const openFile = (path: string): Promise<FileHandle> =>
  open(path, 'a+', mode).catch((error) => {
    throw unwritable(path, error)
  })

/** Removes a line that a crash has cut off: its row is delivered again. */
async function cutTornLine(file: FileHandle, size: number): Promise<void> {
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - blockOctets)
    const found = (await readBlock(file, start, end)).lastIndexOf(lineFeed)
    if (found >= 0) {
      end = start + found + 1
      break
    }
    end = start
  }
  if (end < size) await file.truncate(end)
}

async function readBlock(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const octets = Buffer.alloc(end - start)
  const { bytesRead } = await file.read(octets, 0, octets.length, start)
  return octets.subarray(0, bytesRead)
}

const unwritable = (path: string, cause: NodeJS.ErrnoException) =>
  new PosternError(
    'audit_file_unwritable',
    `Rows of the audit log cannot be added to ${path} (${cause.code ?? cause.message}). Make room there, or let Postern's user write the file that audit.export.file names.`,
    { cause },
  )
