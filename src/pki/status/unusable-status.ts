/** Thrown for a CRL or an OCSP response of another CA that says nothing; the message ends a sentence about it. */
export class UnusableStatus extends Error {}
