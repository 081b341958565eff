/** What webhooks are told besides recorded changes, with the members of its data. */
export const announcedTypes = {
  'certificate.expiry_step_reached': 'A certificate comes to its end, and nothing replaces it yet.',
  'certificate.first_used': 'A gateway accepted a certificate for the first time.',
  'certificate.refusals_rose':
    'At least 20 requests with a certificate were denied within 5 minutes; told at most once an hour.',
} as const

/** The event of `testWebhook`. */
export const testEventType = 'webhook.test'
