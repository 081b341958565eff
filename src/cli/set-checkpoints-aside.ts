import { copyFileSync, existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { replaceFile } from '../durable-file.ts'

/**
 * Keeps the files with checkpoints of the audit log under other names, and goes on with those of the backup: the audit
 * log of a restored store ends before the last of them. Returns the names.
 */
export function setCheckpointsAside({ audit }: Config, now: number, checkpoints: string): string[] {
  return audit.checkpointFiles.flatMap((file) => {
    if (!existsSync(file)) return []
    const kept = `${file}.before-restore-${now}`
    copyFileSync(file, kept)
    replaceFile(file, checkpoints, 0o600)
    return [kept]
  })
}
