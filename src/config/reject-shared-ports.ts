import { PosternError } from '../errors.ts'
import type { Config } from './config.ts'

/**
 * Throws `config_invalid` if two listeners use the same port. Environments may share a port if their hosts
 * differ, since the server name in TLS (SNI) selects the environment.
 */
export function rejectSharedPorts(config: Config): void {
  const taken = new Map<number, { setting: string; host: string | undefined }>()
  const ports: { setting: string; port: number; host?: string }[] = [
    { setting: 'portal.port', port: config.portal.port },
    { setting: 'publication.port', port: config.publication.port },
    ...(config.authorizer !== null && 'port' in config.authorizer
      ? [{ setting: 'authorizer.port', port: config.authorizer.port }]
      : []),
    ...(config.operations.address === null
      ? []
      : [{ setting: 'operations.port', port: config.operations.address.port }]),
    ...config.environments.map(({ name, gatewayPort, gatewayHost }) => ({
      setting: `environments.${name}.port`,
      port: gatewayPort,
      host: gatewayHost.toLowerCase(),
    })),
  ]
  for (const { setting, port, host } of ports) {
    const other = taken.get(port)
    if (other !== undefined && (other.host === undefined || host === undefined)) {
      throw new PosternError(
        'config_invalid',
        `${other.setting} and ${setting} are both ${port}; each needs a port of its own.`,
      )
    }
    taken.set(port, { setting, host })
  }
  rejectSharedHosts(config)
}

function rejectSharedHosts({ environments }: Config): void {
  const taken = new Map<string, string>()
  for (const { name, gatewayHost, gatewayPort } of environments) {
    const address = `${gatewayHost.toLowerCase()}:${gatewayPort}`
    const other = taken.get(address)
    if (other !== undefined) {
      throw new PosternError(
        'config_invalid',
        `environments.${other} and environments.${name} are both at ${address}; give each a port of its own, or a host of its own.`,
      )
    }
    taken.set(address, name)
  }
}
