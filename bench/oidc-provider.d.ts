declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  /** Only what is used here: the package has no types. */
  export default class Provider {
    constructor(issuer: string, configuration: object)
    proxy: boolean
    callback(): RequestListener
  }
}
