/** The query of a URL. */
export type Search = Record<string, unknown>

/** Returns the query parameter `name` if it is one of `values`. */
export const choice =
  <const Name extends string, const Value extends string>(name: Name, values: readonly Value[]) =>
  (search: Search): { [K in Name]?: Value } => {
    const value = values.find((each) => each === search[name])
    return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: Value }
  }
/** Returns the query parameter `name` as text. */
export const text =
  <const Name extends string>(name: Name) =>
  (search: Search): { [K in Name]?: string } =>
    (typeof search[name] === 'string' ? { [name]: search[name] } : {}) as { [K in Name]?: string }
