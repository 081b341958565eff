import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJournals } from '../../src/backup/journal-files.ts'
import { createJournalLines } from '../../src/backup/journal-line.ts'
import { replaceSqlite } from '../../src/backup/replace-sqlite-store.ts'
import {
  type FinishedRestore,
  finishRestore,
  markLoaded,
  moveToPostgres,
} from '../../src/backup/restore-store.ts'
import { readBack } from '../../src/backup/write-backup.ts'
import { inWorkFolder, toKeyProof } from '../../src/cli/backup-tools.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import type { StorageLocation } from '../../src/storage/database.ts'
import { backUp, makeBackupKeys, readAuthorityKey } from './backups.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from './gateway-harness.ts'

/** A place in which a store is backed up, used and restored, again and again. */
export interface RestorePlace extends AsyncDisposable {
  folder: string
  harness: GatewayHarness
  backUp(name: string): Promise<void>
  /** Restores a backup as `postern restore` does, while nothing is open, and opens portal and gateway on it; the portal alone if it is held. */
  restore(name: string, options?: { withoutJournal?: boolean }): Promise<FinishedRestore>
}

/** `newDatabase` gives the URL of an empty database for each restore on PostgreSQL. */
export async function openRestorePlace(
  newDatabase: (() => Promise<string>) | undefined,
): Promise<RestorePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-restore-'))
  const keys = await makeBackupKeys()
  const newLocation = async (): Promise<StorageLocation> =>
    newDatabase === undefined
      ? { engine: 'sqlite', path: join(folder, 'postern.db') }
      : { engine: 'postgres', url: await newDatabase() }
  let location = await newLocation()
  const open = (gateways = 1) =>
    openGatewayHarness({
      ...{ folder, location, gateways },
      environments: { production: { maxCertificates: 10_000 } },
    })
  const fileOf = (name: string) => join(folder, `${name}.backup`)
  const place: RestorePlace = {
    folder,
    harness: await open(),
    async backUp(name) {
      await backUp(location, { dataFolder: folder, file: fileOf(name), recipient: keys.recipient })
    },
    async restore(name, { withoutJournal = false } = {}) {
      await place.harness[Symbol.asyncDispose]()
      const key = readAuthorityKey(folder)
      const lines = createJournalLines(key)
      const finished = await inWorkFolder(folder, async (work) => {
        const { path, head } = await readBack(fileOf(name), [keys.identity], {
          folder: work,
          keys: toKeyProof(key),
        })
        const details = {
          ...{ takenAt: head.takenAt, sha256: name },
          ...{ actor: systemActor('restore'), now: Date.now() },
        }
        const journal = readJournals([join(folder, 'journal')], lines, await markLoaded(path, details))
        const ending = { kind: withoutJournal ? 'without-journal' : 'journal', ...journal } as const
        if (newDatabase === undefined) {
          const done = await finishRestore({ engine: 'sqlite', path }, details, ending)
          await replaceSqlite(path, join(folder, 'postern.db'))
          return done
        }
        location = await newLocation()
        await moveToPostgres(path, location.engine === 'postgres' ? location.url : '')
        return finishRestore(location, details, ending)
      })
      rmSync(join(folder, 'audit-checkpoints.jsonl'), { force: true })
      place.harness = await open(finished.isHeld ? 0 : 1)
      return finished
    },
    async [Symbol.asyncDispose]() {
      await place.harness[Symbol.asyncDispose]().catch(() => {})
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return place
}

/** What was used in a place, of which nothing may be used twice. */
export interface UsedNumbers {
  serials: Set<string>
  crlNumbers: Set<number>
}

/** Remembers the serial number of a certificate. Throws if it was used before. */
export function noteSerial({ serials }: UsedNumbers, client: TestClient): string {
  const serial = new X509Certificate(client.der).serialNumber.toLowerCase()
  if (serials.has(serial)) throw new Error(`the serial number ${serial} was used twice`)
  serials.add(serial)
  return serial
}
