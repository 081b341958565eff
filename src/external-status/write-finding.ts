import { toDay } from '../shapes/moment.ts'
import type { Finding } from './external-status-store.ts'

/** Returns what a CA has revoked since when, as a sentence. */
export const writeFinding = ({ at, by, subject }: Finding): string =>
  subject === null
    ? `The CA ${by} lists this certificate as revoked since ${toDay(at)}.`
    : `The CA ${by} lists the CA ${subject}, which stands above this certificate, as revoked since ${toDay(at)}.`
