/** The file names of a certificate, the same in every page and command. */
export const keyFileName = (name: string): string => `${name}.key`
export const csrFileName = (name: string): string => `${name}.csr`
export const certificateFileName = (name: string): string => `${name}.pem`
/** The private CA of the gateway's own certificate. */
export const serverCaFileName = 'server-ca.pem'
