/** The name of a component of Postern as actor; a user is named by their email address. */
export const systemName = 'Postern'

/**
 * Returns the email addresses of the actor with this name: none for a component of Postern, for an API key, whose name
 * has no `@`, and without a stored name.
 */
export const getAddresses = (name: string): string[] => (name.includes('@') ? [name] : [])
