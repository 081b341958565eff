/** Identifies a CRL of an issuer: a partition, or with null the full one. */
export interface RevocationListId {
  issuerId: string
  partition: number | null
}

/** Returns the name of a CRL in its address: that of the full one is the id of its issuer. */
export function formatListName({ issuerId, partition }: RevocationListId): string {
  return partition === null ? issuerId : `${issuerId}-${partition}`
}

/** Returns the CRL of a name, which may not exist. Ids contain no hyphen. */
export function parseListName(name: string): RevocationListId | undefined {
  const [, issuerId, number] = /^(\w{1,64})(?:-([1-9]\d{0,8}))?$/.exec(name) ?? []
  if (issuerId === undefined) return undefined
  return { issuerId, partition: number === undefined ? null : Number(number) }
}
