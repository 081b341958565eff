import { statSync } from 'node:fs'

/** SQLITE_CANTOPEN: what SQLite itself says of a file that is not there. */
const cannotOpen = 14

/**
 * Gives the function that throws while the file at `path` is not the one that is there now, because it was deleted or
 * replaced: SQLite goes on with a file that has no name, and what it commits there is lost.
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
