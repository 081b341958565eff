import { countries } from '../../../src/pki/name/countries.ts'

/** The countries of ISO 3166-1, to select one by its name or code. */
export const countryChoices = countries.map(({ code, name }) => ({ value: code, label: `${name} (${code})` }))
