import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { listSecretFiles } from '../../config/list-secret-files.ts'
import { describeOpenFiles } from '../../config/private-file.ts'
import { assertTlsFiles, isMadeHere, toServerFiles } from '../../config/tls-settings.ts'
import { toSecrets } from '../../config/to-secrets.ts'
import { PosternError } from '../../errors.ts'
import { assertPageIsBuilt } from '../../http/serve-page.ts'
import { readCertificates } from '../../tls-files/read-certificates.ts'
import { type Finding, type Ground, problem } from './diagnosis.ts'

const day = 86_400_000
/** A CA needs days to answer, and people longer. */
const soonDays = 21
const minFreeBytes = 1024 ** 3

/** Looks at secrets and their modes, certificates and their dates, the data folder and its disk, and the page. */
export function checkFiles(ground: Ground): Finding[] {
  const { settings, config, parts, now } = ground
  const checks = [
    () => assertTlsFiles(config, parts, now),
    ...(parts.portal ? [() => assertPageIsBuilt()] : []),
    // The development profile makes its keys at the first start.
    ...(config.profile === 'production'
      ? (['portal', 'gateway', 'publication'] as const)
          .filter((part) => parts[part])
          .map((part) => () => toSecrets(settings, config, part))
      : describeOpenFiles(listSecretFiles(settings, config)).map((text) => () => {
          throw new PosternError('config_invalid', text)
        })),
  ]
  const texts = new Set(checks.flatMap((check) => findProblem(check) ?? []))
  return [
    ...[...texts].map(problem),
    ...(parts.gateway ? findEndingCertificates(ground) : []),
    ...checkDataFolder(config.dataFolder),
    ...(parts.portal ? checkExportFile(config.audit.export.file) : []),
  ]
}

function findProblem(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error.message
    throw error
  }
}

/** Certificates that have already expired are unusable, which is told before. */
function findEndingCertificates({ config, now }: Ground): Finding[] {
  const files = config.environments
    .filter((environment) => !isMadeHere(config, environment))
    .map((environment) => toServerFiles(config, environment))
  const byFile = new Map(files.map(({ setting, certificateFile }) => [certificateFile, setting]))
  return [...byFile].flatMap(([path, setting]) => {
    const end = readEnd(setting, path)
    if (end === undefined || end <= now || end > now + soonDays * day) return []
    const days = Math.floor((end - now) / day)
    return problem(
      `${setting}.certificate: the server certificate in ${path} expires on ${new Date(end).toISOString().slice(0, 10)}, in ${days} ${days === 1 ? 'day' : 'days'}. Renew it and replace the file; gateways read it again by themselves.`,
    )
  })
}

function readEnd(setting: string, path: string): number | undefined {
  try {
    return Math.min(...readCertificates({ setting, path }).map(({ validToDate }) => validToDate.getTime()))
  } catch {
    return undefined
  }
}

function checkDataFolder(folder: string): Finding[] {
  const existing = findExisting(folder)
  if (!statSync(existing).isDirectory())
    return [
      problem(
        `data: ${existing} is a file, and the data folder ${folder} cannot be there. Choose another path.`,
      ),
    ]
  const findings: Finding[] = []
  try {
    accessSync(existing, constants.W_OK | constants.X_OK)
  } catch {
    findings.push(
      problem(
        `data: this user cannot write to ${existing}. Run postern doctor as the user of Postern, or give it the folder: chown -R postern-portal ${existing}.`,
      ),
    )
  }
  if (process.platform !== 'win32' && existing === folder && (statSync(folder).mode & 0o077) !== 0)
    findings.push(problem(`data: others can enter ${folder}. Run chmod 700 ${folder}.`))
  const { bavail, bsize } = statfsSync(existing)
  if (bavail * bsize < minFreeBytes)
    findings.push(
      problem(
        `data: the disk of ${existing} has ${Math.floor((bavail * bsize) / 1024 ** 2)} MB left, and 1024 MB are the least. Free space or enlarge the disk.`,
      ),
    )
  return findings
}

/** The file is made when there is something for it; its folder is not. */
function checkExportFile(path: string | null): Finding[] {
  if (path === null) return []
  const place = existsSync(path) ? path : dirname(path)
  try {
    accessSync(place, constants.W_OK)
    if (existsSync(path) && statSync(path).isDirectory()) throw new Error('it is a folder')
    return []
  } catch {
    return [
      problem(
        `audit.export.file: this user cannot write ${path}. Create its folder, and let Postern's user write there.`,
      ),
    ]
  }
}

/** The folder itself or the nearest one above that exists, where Postern would create it. */
const findExisting = (folder: string): string => (existsSync(folder) ? folder : findExisting(dirname(folder)))
