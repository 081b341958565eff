/** Settings that have another name now; `*` stands for the name of any environment. */
export const renamedSettings: Readonly<Record<string, string>> = {
  'environments.*.foreignCertificates': 'externalCertificates',
  'environments.*.refusals': 'denials',
  'environments.*.enforcementHoldHours': 'enforcementWindowHours',
  'environments.*.upstreamTimeouts.answerSeconds': 'responseSeconds',
  'environments.*.limits.leastBytesPerSecond': 'minBytesPerSecond',
  'environments.*.limits.leastBytesSeconds': 'minBytesWindowSeconds',
  'gateway.strangers': 'unauthenticatedLimits',
  'gateway.unauthenticatedLimits.connectionsPerSecondInAll': 'totalConnectionsPerSecond',
  'authority.offlineListDays': 'offlineCrlDays',
  'telemetry.minuteHours': 'minuteRetentionHours',
  'telemetry.hourDays': 'hourRetentionDays',
  'telemetry.dayDays': 'dayRetentionDays',
  'mail.limits.outsidePerHour': 'externalPerHour',
  'mail.limits.perRecipientAndDay': 'perRecipientPerDay',
  'mail.limits.outsidePerRecipientAndDay': 'externalPerRecipientPerDay',
}

/** Returns the present name of a setting that has been renamed; undefined for any other path. */
export function findRenamedSetting(path: readonly PropertyKey[]): string | undefined {
  const steps = path.map((step, index) => (path[0] === 'environments' && index === 1 ? '*' : String(step)))
  const name = steps.join('.')
  return Object.hasOwn(renamedSettings, name) ? renamedSettings[name] : undefined
}
