import { join, resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'

/** RFC 5425, section 4.1, and RFC 3195 for TCP alone, as IANA has them. */
const usualPorts = { tls: 6514, tcp: 601 }

/** Returns where the audit log and its checkpoints go. Throws `config_invalid` for contradictory settings. */
export function toAudit({ audit }: ConfigFile, baseFolder: string, dataFolder: string): Config['audit'] {
  const { checkpointFiles = [join(dataFolder, 'audit-checkpoints.jsonl')], syslog = null } = audit
  const at = (path: string | undefined): string | null =>
    path === undefined ? null : resolve(baseFolder, path)
  return {
    checkpointFiles: checkpointFiles.map((file) => resolve(baseFolder, file)),
    syslog,
    export: { file: at(audit.export.file), syslog: toCollector(audit.export.syslog, at) },
  }
}

function toCollector(
  collector: ConfigFile['audit']['export']['syslog'],
  at: (path: string | undefined) => string | null,
): Config['audit']['export']['syslog'] {
  if (collector === undefined) return null
  const { host, transport, port = usualPorts[transport], format, ca, certificate, key } = collector
  const tls = { caFile: at(ca), certificateFile: at(certificate), keyFile: at(key) }
  if ((tls.certificateFile === null) !== (tls.keyFile === null))
    throw new PosternError(
      'config_invalid',
      'audit.export.syslog.certificate and audit.export.syslog.key go together: set both or neither.',
    )
  if (transport === 'tcp' && (tls.caFile ?? tls.keyFile) !== null)
    throw new PosternError(
      'config_invalid',
      'audit.export.syslog has files of TLS and the transport tcp: remove them, or set the transport tls.',
    )
  return { host, port, transport, tls, format }
}
