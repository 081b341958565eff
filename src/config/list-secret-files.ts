import type { Config } from './config.ts'
import type { SecretFile } from './private-file.ts'
import type { Settings } from './read-settings.ts'

/**
 * Returns every file with a secret in the settings: variables that end in `_FILE`, and the private keys of
 * TLS.
 */
export function listSecretFiles({ variables }: Settings, config: Config): SecretFile[] {
  const { gateway, authorizer, environments, audit } = config
  const keys: { setting: string; path: string | null | undefined }[] = [
    { setting: 'gateway.key', path: gateway.keyFile },
    { setting: 'authorizer.key', path: authorizer && 'tls' in authorizer ? authorizer.tls?.keyFile : null },
    { setting: 'audit.export.syslog.key', path: audit.export.syslog?.tls.keyFile },
    ...environments.flatMap(({ name, serverFiles, upstreamTls }) => [
      { setting: `environments.${name}.key`, path: serverFiles?.keyFile },
      { setting: `environments.${name}.upstreamTls.key`, path: upstreamTls.keyFile },
    ]),
  ]
  return [...variables.secretFiles, ...keys].flatMap(({ setting, path }) => (path ? [{ setting, path }] : []))
}
