import type { SecondFactor } from '../contract/second-factor.ts'
import { PosternError } from '../errors.ts'

/** The right password of a user who has a second factor: it begins no session. */
export class SecondFactorRequired extends PosternError {
  /** What can complete the sign-in. */
  readonly factors: SecondFactor[]
  /** The `Set-Cookie` header of the proof of the password. */
  readonly cookie: string

  constructor(factors: SecondFactor[], cookie: string) {
    super(
      'second_factor_required',
      'The password is right. Complete the sign-in with a second factor within 5 minutes.',
    )
    this.factors = factors
    this.cookie = cookie
  }
}
