const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** What an organization can have of webhooks, and what one can make Postern spend. */
export const webhookLimits = {
  perOrganization: 10,
  /** Deliveries of one webhook that wait; further events are dropped. */
  waiting: 1000,
  /** Tests of an organization in an hour: nobody may have us flood or scan others. */
  testsPerHour: 60,
  secrets: 2,
  /** Client certificates of one webhook that somebody has added. */
  clientCertificates: 4,
  /** Certificates of a chain, and CAs of an endpoint. */
  chain: 4,
  serverCas: 3,
}

/** How long a delivery is tried, in milliseconds. */
export const retryForMs = 3 * day
/** A webhook is disabled after this time of nothing but failures, and no fewer than this many. */
export const failingForMs = 5 * day
export const leastFailures = 10

/** How long a client certificate of Postern is valid, in milliseconds. */
export const clientCertificateMs = 90 * day
/** The next one is made when so much is left, and is presented after a week: long enough to look at it before. */
export const renewBeforeMs = 35 * day
export const renewalRestMs = 7 * day

const delays = [5_000, 30_000, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour]
const longest = 12 * hour

/**
 * Returns how long to wait after a failed try: longer each time, up to 12 hours, and by chance up to a fifth shorter or
 * longer, so that the deliveries of an endpoint that comes back do not all arrive in one second.
 */
export const findRetryDelay = (attempts: number, random: () => number = Math.random): number =>
  Math.round((delays[attempts - 1] ?? longest) * (0.8 + 0.4 * random()))
