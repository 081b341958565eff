/** The details of SCIM errors (RFC 7644, section 3.12, table 9). */
export type ScimType =
  | 'invalidFilter'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'

/** An error of the SCIM protocol, with a sentence for the identity provider and whoever reads its log. */
export class ScimError extends Error {
  override name = 'ScimError'
  readonly status: number
  readonly scimType: ScimType | undefined

  constructor(status: number, scimType: ScimType | undefined, sentence: string) {
    super(sentence)
    this.status = status
    this.scimType = scimType
  }
}

/** Returns the error for a value that an attribute cannot have. */
export const invalidValue = (sentence: string): ScimError => new ScimError(400, 'invalidValue', sentence)
