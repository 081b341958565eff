/** Returns the name of a user whose personal data was erased: it says no more than the ID. */
export const toPseudonym = (userId: string): string => `Erased user ${userId}`
