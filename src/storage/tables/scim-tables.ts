/** The users that identity providers of organizations provision over SCIM. */
export interface ScimTables {
  scim_users: ScimUserRow
}

/** A user as the provider of one organization describes it. Whether the user is active is in `members`. */
export interface ScimUserRow {
  id: string
  organization_id: string
  user_id: string
  user_name: string
  /** The same in lower case, unique in an organization. */
  user_name_key: string
  /** What the provider calls the user, unique in an organization; null if it has said nothing. */
  external_id: string | null
  /** The email address that the provider last gave, in lower case. */
  address: string
  /** JSON: the names and the address as the provider wrote them. */
  profile: string
  /** JSON array of the roles that the provider gave; the highest one counts. */
  roles: string
  created_at: number
  updated_at: number
}
