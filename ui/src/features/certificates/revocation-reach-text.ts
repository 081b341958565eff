import type { RevocationReachView } from '../../../../src/contract/gateway.ts'

/** Describes in a sentence how many gateways have applied a revocation. */
export function revocationReachText({
  gateways,
  durationMilliseconds,
  closedConnections,
}: RevocationReachView): string {
  const concerned = gateways.filter(({ state, confirmedAt }) => confirmedAt !== null || state !== 'stopped')
  const confirmed = concerned.filter(({ confirmedAt }) => confirmedAt !== null).length
  const where = `Enforced on ${confirmed}/${concerned.length} ${concerned.length === 1 ? 'gateway' : 'gateways'}`
  const closed = `${closedConnections.toLocaleString('en')} open ${closedConnections === 1 ? 'connection' : 'connections'} closed`
  return durationMilliseconds === null
    ? `${where} so far; ${closed}.`
    : `${where} in ${durationMilliseconds.toLocaleString('en')} ms; ${closed}.`
}
