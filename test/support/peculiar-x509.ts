/**
 * `@peculiar/x509`, an independent implementation of X.509 to compare with. Its dependency injection requires
 * the `Reflect` metadata functions, for which a map suffices.
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

/** The library, imported after the metadata functions exist. */
export const x509 = await import('@peculiar/x509')
