-- What postern serve --publication may do in the store: run it as the owner of the tables (the role of the portal), after
-- each start of a new release of the portal and before the processes that publish. Change the name of the role if yours
-- is another:
--   psql "$PORTAL_URL" -v ON_ERROR_STOP=1 -f publication-grants.sql
-- It can change nothing. It cannot read keys of CAs, what the portal has sealed with its own key, users, organizations,
-- sessions or requests: of a certificate it sees its serial number and whether it is revoked.

grant usage on schema public to postern_publication;

-- Whether the store is of this release, and usable.
grant select on kysely_migration, migration_needs, restores to postern_publication;

-- What it publishes.
grant select on issuers, revocation_lists, revocation_list_chunks to postern_publication;
grant select (issuer_id, serial_number, status, revoked_at, revocation_reason) on certificates to postern_publication;

-- The OCSP responders whose keys the portal has sealed for it.
grant select (id, issuer_id, serial_number, certificate_der, publication_key, not_after) on ocsp_responders
to postern_publication;
