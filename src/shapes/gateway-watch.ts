/** Who looks after the gateways does it every five seconds: after this long nobody does. */
const watchedWithinMs = 60_000

/** What is known of the gateways: since when they report without a gap, and when this was last looked at. */
export interface GatewayWatch {
  since: number
  seenAt: number
  /** What ended the time before `since`. */
  reason: string
}

/** Whether somebody looks after the gateways at `now`. Undefined before anybody has. */
export const isWatched = (watch: GatewayWatch | undefined, now: number): watch is GatewayWatch =>
  watch !== undefined && Math.abs(now - watch.seenAt) <= watchedWithinMs

/** Whether gateways have counted all calls from `since` until `now`: without that, no calls may be an outage. */
export const hasCounted = (
  watch: GatewayWatch | undefined,
  { since, now }: { since: number; now: number },
): boolean => isWatched(watch, now) && watch.since <= since
