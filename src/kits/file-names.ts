/** The files that belong to a certificate, named as every page and command names them. */
export const keyFileName = (name: string): string => `${name}.key`
export const csrFileName = (name: string): string => `${name}.csr`
export const certificateFileName = (name: string): string => `${name}.pem`
