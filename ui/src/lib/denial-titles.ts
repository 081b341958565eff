import { findErrorTitle } from '../../../src/contract/error-titles.ts'

/** Returns the short title of a denied request. A code without a title is shown as it is. */
export const denialTitle = (code: string | null): string =>
  code === null ? 'Denied' : (findErrorTitle(code) ?? code)
