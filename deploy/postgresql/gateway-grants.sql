-- What gateways may do in the store: run it as the owner of the tables (the role of the portal), after each start of
-- a new release of the portal and before its gateways. Change the name of the role if yours is another:
--   psql "$PORTAL_URL" -v ON_ERROR_STOP=1 -f gateway-grants.sql
-- A gateway cannot read keys of CAs, users, passwords, sessions, emails or invitations, and it cannot change what
-- decides about access: certificates, credentials, issuers, organizations, enforcement policies.

grant usage on schema public to postern_gateway;

-- What it decides by.
grant select on
  kysely_migration, migration_needs, store_epochs, changes, organizations, certificates, issuers, credentials, credential_secrets,
  enforcement_plans, migration_plans, external_statuses, external_checks, external_links, registrations, signing_keys, restores
to postern_gateway;

-- What it has seen.
grant select, insert, update, delete on
  activity, usage, usage_facets, organization_usage, readiness_hours, refusal_hours, enforcements, gateways
to postern_gateway;
grant update (first_used_at, last_used_at, last_denied_at, replaced_at) on certificates to postern_gateway;
grant update (last_used_at) on credentials to postern_gateway;
grant update (handshake) on registrations to postern_gateway;

-- The networks of certificates, where an organization asks for calls from new addresses.
grant select on address_monitoring to postern_gateway;
grant select, insert, update on certificate_networks to postern_gateway;

-- What it has used of the limits that all gateways share.
grant select, insert, update on gateway_uses to postern_gateway;

-- Tokens that clients revoke, and assertions that they may use once.
grant select, insert, delete on revoked_tokens, used_assertions to postern_gateway;
grant insert on changes to postern_gateway;

-- It reports a store that went back, and asks the portal to complete a registration.
grant insert on store_epochs to postern_gateway;
grant select, insert on lost_endings to postern_gateway;
grant update (next_certificate_number) on organizations to postern_gateway;
grant select, insert on audit to postern_gateway;
grant select on audit_checkpoints to postern_gateway;
-- Who was erased, and not what was looked for.
grant select (user_id) on erasures to postern_gateway;
grant select, insert, update on jobs, job_turns to postern_gateway;

grant usage on all sequences in schema public to postern_gateway;
