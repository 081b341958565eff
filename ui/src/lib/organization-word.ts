import { useRouteContext } from '@tanstack/react-router'

const capitalize = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

/** Returns what this portal calls an organization: inside a sentence, and at the beginning of a heading. */
export function useOrganizationWord() {
  const { singular, plural } = useRouteContext({ from: '/signed-in' }).session.organizationWord
  return { singular, plural, Singular: capitalize(singular), Plural: capitalize(plural) }
}
