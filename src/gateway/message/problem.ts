import type { DenialCode } from '../../contract/denial-codes.ts'
import { errorStatus } from '../../contract/error-status.ts'
import { errorPage, errorTitles } from '../../contract/error-titles.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'

/** RFC 9457 problem details of the gateway; `type` is the page of the portal about the code. */
export function getProblem(
  { portalUrl }: Pick<GatewayEnvironment, 'portalUrl'>,
  code: DenialCode,
  { detail, traceId }: { detail: string; traceId: string },
) {
  const type = errorPage(portalUrl, code)
  return { type, title: errorTitles[code], status: errorStatus[code], code, detail, traceId }
}
