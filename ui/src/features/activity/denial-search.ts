/** Which denied requests are shown; stored in the URL. */
export interface DenialSearch {
  code?: string
  environment?: string
  organization?: string
}
