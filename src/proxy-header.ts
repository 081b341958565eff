const second = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/**
 * Returns whether bytes begin with a header of the PROXY protocol, version 1 or 2, with which load balancers
 * report the client address.
 */
export const isProxyHeader = (bytes: Buffer): boolean =>
  /^PROXY (TCP[46]|UNKNOWN)/.test(bytes.toString('latin1', 0, 15)) ||
  bytes.subarray(0, second.length).equals(second)

/** The message about an unexpected header. */
export const proxyHeaderFound =
  'The connection began with a header of the PROXY protocol, which is not read here. Switch the PROXY protocol off in the load balancer, for connections to this port.'
