/**
 * V8 options of a gateway. After V8 has seen objects of some calls survive a collection, it allocates those
 * of all later calls in the old generation, where everything they refer to stays until a full collection:
 * pauses of 14 ms instead of one, and a quarter of the speed. The default of 64 MiB for young objects
 * increases pauses and memory; the speed is the same with 8.
 */
export const gatewayOptions = ['--no-allocation-site-pretenuring', '--max-semi-space-size=8']
