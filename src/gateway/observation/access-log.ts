import type { Observation } from './observation.ts'

/**
 * Returns the line of the access log for an event, without its end: one JSON object. The event is as it may
 * be recorded, so the line has no secret, no query and no header.
 */
export const formatAccess = (event: Observation): string =>
  JSON.stringify({
    time: new Date(event.at).toISOString(),
    environment: event.environment,
    kind: event.kind,
    outcome: event.outcome,
    code: event.code,
    unenforcedCode: event.wouldBeCode,
    method: event.method,
    path: event.path,
    status: event.status,
    organizationId: event.organizationId,
    certificateId: event.certificateId,
    certificateFingerprint: event.presented?.fingerprintSha256 ?? null,
    credentialId: event.credentialId,
    clientId: event.clientId,
    clientAddress: event.clientAddress,
    serverName: event.serverName,
    tlsVersion: event.tlsVersion,
    traceId: event.traceId,
  })
