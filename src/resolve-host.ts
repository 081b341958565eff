import { type LookupAddress, lookup as lookUpName } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'

/** Resolves a host name to all its addresses, as `lookup` of `node:dns` does with `all`. */
export type ResolveHost = (
  host: string,
  options: { all: true; family?: number | 'IPv4' | 'IPv6' | undefined },
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

interface ResolverSettings {
  /** DNS servers; those of the machine where undefined. */
  servers?: readonly string[]
  hostsFile?: string
  /** How long one DNS server is waited for. */
  timeoutMs?: number
}

/**
 * Creates what resolves names that strangers choose: from the hosts file, then by DNS over sockets. `lookup` of `node:dns`
 * holds one of a few threads for as long as a name server takes, so that slow ones would stop every other look-up of the
 * process. It is asked only for names that no stranger's name server answers: those of one label, which the search list
 * completes, and those below `localhost`.
 *
 * Errors have the code `ENOTFOUND` where there is no address, `EAI_AGAIN` where DNS did not answer, and `EAI_FAIL` where
 * no DNS server of the machine can be reached.
 */
export function createResolveHost({
  servers,
  hostsFile = '/etc/hosts',
  timeoutMs = 2000,
}: ResolverSettings = {}): ResolveHost {
  const find = async (host: string): Promise<LookupAddress[]> => {
    const known = findInHosts(await readFile(hostsFile, 'utf8').catch(() => ''), host)
    return known.length > 0 ? known : askDns(host, { servers, timeoutMs })
  }
  return (host, options, done) => {
    if (!host.includes('.') || host.endsWith('.localhost')) return lookUpName(host, options, done)
    find(host).then(
      (found) => done(null, found),
      (error) => done(error, []),
    )
  }
}

async function askDns(
  host: string,
  { servers, timeoutMs }: { servers: readonly string[] | undefined; timeoutMs: number },
): Promise<LookupAddress[]> {
  // A new one each time: it reads the servers of the machine when it is made, and they may have changed.
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  if (servers) resolver.setServers(servers)
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (found.length > 0) return found.map(toFound)
  const codes = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason?.code] : []))
  throw Object.assign(new Error(`${host} was not resolved`), { code: toCode(codes) })
}

const absence = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

function toCode(codes: readonly unknown[]): string {
  if (codes.every((code) => absence.has(String(code)))) return 'ENOTFOUND'
  return codes.every((code) => code === 'ECONNREFUSED') ? 'EAI_FAIL' : 'EAI_AGAIN'
}

const toFound = (address: string): LookupAddress => ({ address, family: isIP(address) })

/** Returns the addresses that a hosts file (hosts(5)) has for a name. */
function findInHosts(text: string, host: string): LookupAddress[] {
  const wanted = host.toLowerCase().replace(/\.$/, '')
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    const isNamed = names.some((name) => name.toLowerCase() === wanted)
    return isNamed && isIP(address) !== 0 ? [toFound(address)] : []
  })
}
