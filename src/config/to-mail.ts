import { resolve } from 'node:path'
import { PosternError } from '../errors.ts'
import type { Config } from './config.ts'
import type { ConfigFile } from './config-file.ts'

/** Returns the email settings. Throws `config_invalid` if the password would be sent in plaintext. */
export function toMail(
  { profile, mail: { from, smtp, limits } }: ConfigFile,
  baseFolder: string,
): Config['mail'] {
  if (smtp === undefined) return { from, smtp: null, limits }
  const { host, port, secure, unencrypted, ca, user = null } = smtp
  const contradiction = unencrypted && ((secure && 'secure') || (ca !== undefined && 'ca'))
  if (contradiction) {
    throw new PosternError(
      'config_invalid',
      `mail.smtp.unencrypted and mail.smtp.${contradiction} contradict each other: remove one of them.`,
    )
  }
  if (unencrypted && user !== null && profile === 'production') {
    throw new PosternError(
      'config_invalid',
      'mail.smtp.unencrypted would send the password of mail.smtp.user in clear: remove one of them.',
    )
  }
  const tls = unencrypted ? 'none' : secure ? 'implicit' : 'starttls'
  const caFile = ca === undefined ? null : resolve(baseFolder, ca)
  return { from, smtp: { host, port, tls, caFile, user }, limits }
}
