/** What stands in a command or a file until the user inserts the own value. */
export const clientIdPlaceholder = 'YOUR_CLIENT_ID'
export const clientSecretPlaceholder = 'YOUR_CLIENT_SECRET'

/** `YOUR_CLIENT_ID`, `<client id>`, `{{clientId}}`, `:clientId`, `$CLIENT_ID`: words that no generated value consists of. */
const forms = {
  clientId: /^[^a-z0-9]*(?:your[^a-z0-9]*)?client[^a-z0-9]*id[^a-z0-9]*$/i,
  clientSecret: /^[^a-z0-9]*(?:your[^a-z0-9]*)?(?:client[^a-z0-9]*)?secret[^a-z0-9]*$/i,
}

/** Returns whether a value that a client sends is the placeholder of a client ID or of a client secret. */
export const isPlaceholder = (of: keyof typeof forms, value: string): boolean => forms[of].test(value)
