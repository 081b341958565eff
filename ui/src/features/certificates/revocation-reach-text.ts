import type { RevocationReachView } from '../../../../src/contract/gateway.ts'

/** Describes in a sentence how many gateways have applied a revocation. */
export function revocationReachText({
  gateways,
  milliseconds,
  connectionsClosed,
}: RevocationReachView): string {
  const concerned = gateways.filter(({ state, enforcedAt }) => enforcedAt !== null || state !== 'stopped')
  const confirmed = concerned.filter(({ enforcedAt }) => enforcedAt !== null).length
  const where = `Enforced on ${confirmed}/${concerned.length} ${concerned.length === 1 ? 'gateway' : 'gateways'}`
  const closed = `${connectionsClosed.toLocaleString('en')} open ${connectionsClosed === 1 ? 'connection' : 'connections'} closed`
  return milliseconds === null
    ? `${where} so far; ${closed}.`
    : `${where} in ${milliseconds.toLocaleString('en')} ms; ${closed}.`
}
