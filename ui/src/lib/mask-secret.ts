const mask = '••••••••••••••••'

/** Returns a command as it is shown while its secret is masked. */
export const maskSecret = (command: string, secret: string): string => command.replaceAll(secret, mask)
