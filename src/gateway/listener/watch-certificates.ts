import type { Log } from '../log/log.ts'

const pollMs = 5000
const day = 86_400_000
const warnedMs = 30 * day

/** The server certificate in use of an environment; `notAfter` in milliseconds since 1970. */
interface CertificateInUse {
  environment: string
  serialNumber: string
  notAfter: number
}

/**
 * Logs which server certificate each environment uses whenever it is another one, and once a day that one
 * expires within 30 days or has expired. Returns the function that stops it.
 */
export function watchCertificates(
  list: () => readonly CertificateInUse[],
  log: Log,
  { now }: { now(): number },
): () => void {
  const known = new Map<string, { serialNumber: string; toldAt: number }>()
  const look = (): void => {
    for (const { environment, serialNumber, notAfter } of list()) {
      const last = known.get(environment)
      const own =
        last?.serialNumber === serialNumber ? last : { serialNumber, toldAt: Number.NEGATIVE_INFINITY }
      known.set(environment, own)
      const details = { environment, serialNumber, notAfter: new Date(notAfter).toISOString() }
      if (own !== last)
        log.info?.({ kind: 'server_certificate_loaded', ...details }, 'The server certificate is in use.')
      const left = notAfter - now()
      if (left > warnedMs || now() - own.toldAt < day) continue
      own.toldAt = now()
      if (left < 0)
        log.error(
          { kind: 'server_certificate_expired', ...details },
          'The server certificate has expired: clients reject it. Replace its files.',
        )
      else
        log.warn(
          { kind: 'server_certificate_expiring', ...details },
          `The server certificate expires within ${Math.ceil(left / day)} days. Replace its files.`,
        )
    }
  }
  look()
  const timer = setInterval(look, pollMs)
  timer.unref()
  return () => clearInterval(timer)
}
