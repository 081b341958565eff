const second = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** Whether bytes begin with a header of the PROXY protocol, version 1 or 2, by which load balancers tell who called them. */
export const isProxyHeader = (bytes: Buffer): boolean =>
  /^PROXY (TCP[46]|UNKNOWN)/.test(bytes.toString('latin1', 0, 15)) ||
  bytes.subarray(0, second.length).equals(second)

/** What is said of one that nothing here reads. */
export const proxyHeaderFound =
  'The connection began with a header of the PROXY protocol, which is not read here. Switch the PROXY protocol off in the load balancer, for connections to this port.'
