/**
 * `@peculiar/x509`, an implementation of X.509 that is not ours, to compare with. Its dependency injection
 * asks the platform for reflected metadata, of which it needs no more than a place to keep them.
 */
const metadata = new WeakMap<object, Map<unknown, unknown>>()
const findMetadata = (key: unknown, target: object): unknown => metadata.get(target)?.get(key)
Object.assign(Reflect, {
  getMetadata: findMetadata,
  getOwnMetadata: findMetadata,
  defineMetadata: (key: unknown, value: unknown, target: object) => {
    metadata.set(target, (metadata.get(target) ?? new Map()).set(key, value))
  },
})

/** The library; loaded after the place for its metadata is there. */
export const x509 = await import('@peculiar/x509')
