/** What a part of Postern is called where it acts; a person is called by their e-mail address. */
export const systemName = 'Postern'

/** Where letters to the actor of this name go: nowhere for a part of Postern, and where no name was kept. */
export const addressesOf = (name: string): string[] => (name === systemName || name === '' ? [] : [name])
