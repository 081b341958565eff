/**
 * Returns the name of the other certificate of the organization that a CSR was made for; undefined if it names this one,
 * or none. Names are the slug of the organization and a number.
 */
export function findOtherDraft(
  commonNames: readonly string[],
  name: string,
  slug: string,
): string | undefined {
  const isName = (text: string) =>
    text.startsWith(`${slug}-`) && /^\d{4,10}$/.test(text.slice(slug.length + 1))
  return commonNames.includes(name) ? undefined : commonNames.find(isName)
}
