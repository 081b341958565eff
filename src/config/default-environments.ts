/**
 * The default environments: production issues certificates immediately, staging with a worker and an email.
 */
export const defaultEnvironments = {
  production: {
    label: 'Production',
    live: true,
    port: 8443,
    issuance: 'automatic' as const,
    ...demoInterface(),
  },
  staging: {
    label: 'Staging',
    live: false,
    port: 8444,
    issuance: 'asynchronous' as const,
    ...demoInterface(),
  },
}

function demoInterface() {
  return {
    scopes: [
      { name: 'payments:read', description: 'Read payments' },
      { name: 'payments:write', description: 'Create payments' },
    ],
    routes: [
      { path: '/payments', methods: ['GET', 'HEAD'], scope: 'payments:read' },
      { path: '/payments', methods: ['POST', 'PUT', 'PATCH', 'DELETE'], scope: 'payments:write' },
    ],
  }
}
