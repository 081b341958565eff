/** Which CRL of an issuer is meant: a partition, or where that is null the full one. */
export interface RevocationListId {
  issuerId: string
  partition: number | null
}

/** The name of a CRL, as it stands in its address: that of the full one is the identifier of its issuer. */
export function formatListName({ issuerId, partition }: RevocationListId): string {
  return partition === null ? issuerId : `${issuerId}-${partition}`
}

/** What a name means; whether there is such a list is another question. Identifiers hold no hyphen. */
export function parseListName(name: string): RevocationListId | undefined {
  const [, issuerId, number] = /^(\w{1,64})(?:-([1-9]\d{0,8}))?$/.exec(name) ?? []
  if (issuerId === undefined) return undefined
  return { issuerId, partition: number === undefined ? null : Number(number) }
}
