declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  /** As far as it is used here: the package brings no types. */
  export default class Provider {
    constructor(issuer: string, configuration: object)
    proxy: boolean
    callback(): RequestListener
  }
}
