import { statSync } from 'node:fs'

/** SQLITE_CANTOPEN: SQLite's own code for a missing file. */
const cannotOpen = 14

/**
 * Returns a function that throws while the file at `path` is not the present one, because it was deleted or
 * replaced: SQLite continues with the unlinked file, and loses what it commits there.
 */
export function createIdentityCheck(path: string): () => void {
  const opened = statSync(path)
  return () => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.ino === opened.ino && found.dev === opened.dev) return
    const sentence = `The database file ${path} was ${found === undefined ? 'deleted' : 'replaced'} while Postern runs. Stop Postern, put the right file there, and start it.`
    throw Object.assign(new Error(sentence), { code: 'ERR_SQLITE_ERROR', errcode: cannotOpen })
  }
}
