/** The query of an address. */
export type Search = Record<string, unknown>

/** The part of a query that is called `name`, where it is one of `values`. */
export const choice =
  <const Name extends string, const Value extends string>(name: Name, values: readonly Value[]) =>
  (search: Search): { [K in Name]?: Value } => {
    const value = values.find((each) => each === search[name])
    return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: Value }
  }
/** The part of a query that is called `name`, as the text that it is. */
export const text =
  <const Name extends string>(name: Name) =>
  (search: Search): { [K in Name]?: string } =>
    (typeof search[name] === 'string' ? { [name]: search[name] } : {}) as { [K in Name]?: string }
