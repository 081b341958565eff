import { statSync } from 'node:fs'
import { PosternError } from '../errors.ts'

/** A file with a secret, and the setting or variable that names it. */
export interface SecretFile {
  setting: string
  path: string
}

/**
 * Returns whether other users than this process's and root can read or change `path`; links are followed.
 * Files owned by root may be readable for a group of this process, or for root's: Kubernetes (`fsGroup`) and
 * systemd (`LoadCredential`) provide secrets in this way. Windows has no such modes.
 */
export function isOpenToOthers(path: string): boolean {
  if (process.platform === 'win32') return false
  const { mode, uid, gid } = statSync(path)
  const isHandedOver = uid === 0 && (gid === 0 || ownGroups().includes(gid))
  return (mode & (isHandedOver ? 0o037 : 0o077)) !== 0
}

const ownGroups = (): number[] => [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]

/**
 * Returns one sentence for each of `files` that other users can read; ignores a missing file, which its
 * reader reports.
 */
export function describeOpenFiles(files: readonly SecretFile[]): string[] {
  return files
    .filter(({ path }) => isOpen(path))
    .map(({ setting, path }) => `${setting}: others can read ${path}. Run chmod 600 ${path}.`)
}

/** Throws `config_invalid` if other users can read one of `files` and the profile is production. */
export function assertPrivate(profile: 'development' | 'production', files: readonly SecretFile[]): void {
  if (profile !== 'production') return
  const problems = describeOpenFiles(files)
  if (problems.length > 0) throw new PosternError('config_invalid', problems.join(' '))
}

function isOpen(path: string): boolean {
  try {
    return isOpenToOthers(path)
  } catch {
    return false
  }
}
