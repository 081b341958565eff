import type { SettingChange } from './compare-settings.ts'

/** Returns the line of the log about a configuration that was read again. */
export const describeReload = (changes: readonly SettingChange[]): string =>
  changes.length === 0
    ? 'The configuration was read again. Nothing has changed.'
    : 'The configuration was read again and is in force.'

/** Returns a change as the log shows it. */
export const describeChange = ({ setting, before, after }: SettingChange): string =>
  `${setting}: ${before ?? 'not given'} -> ${after ?? 'not given'}`

/** Returns the line of the log about a configuration that cannot be put in force. */
export const describeRejection = ({ message }: Error): string =>
  `The configuration was read again and cannot be put in force. The one before stays. ${message}`
