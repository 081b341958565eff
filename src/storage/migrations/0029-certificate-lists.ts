import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'

/** The status as lists show it, spelled as queries spell it, since an index serves the same expression alone. */
const shown = "case when lapsed = 1 and status = 'issued' then 'expired' else status end"
const place = `organization_id, environment, (${shown})`

/** What certificates are listed by: each order has an index of its own. */
const indexes = [
  `certificates_by_created on certificates (${place}, created_at, id)`,
  `certificates_by_number on certificates (${place}, number, id)`,
  `certificates_by_expiry on certificates (${place}, (coalesce(not_after, 9007199254740991)), id)`,
  `certificates_by_last_use on certificates (${place}, (coalesce(last_used_at, -1)), id)`,
  "certificates_lapsing on certificates (not_after, id) where status = 'issued' and lapsed = 0",
]

/** Indexes of which the ones above are the better ones. */
const replaced = [
  'certificates_list',
  'certificates_created',
  'certificates_of_status',
  'certificates_expiry',
]

/**
 * Keeps for lists of certificates what they are sorted and filtered by: which ones are expired, how many there are,
 * and every part of their texts. Triggers keep the numbers and the texts in the transaction of each change.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('certificates')
    .addColumn('lapsed', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`update certificates set lapsed = 1 where status = 'issued' and not_after <= ${Date.now() - 1000}`.execute(
    db,
  )
  for (const name of replaced) await db.schema.dropIndex(name).execute()
  for (const index of indexes) await sql`create index ${sql.raw(index)}`.execute(db)
  await createCounts(db)
  const statements = isPostgres(db) ? postgresStatements : sqliteStatements
  for (const statement of statements) await sql.raw(statement).execute(db)
}

async function createCounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('certificate_counts')
    .addColumn('organization_id', 'text', (c) => c.notNull())
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('issuer_id', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('count', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('certificate_counts_key', [
      'organization_id',
      'environment',
      'issuer_id',
      'status',
    ])
    .execute()
  await db.schema
    .createIndex('certificate_counts_issuer')
    .on('certificate_counts')
    .columns(['issuer_id', 'status', 'count', 'organization_id'])
    .execute()
  await sql`insert into certificate_counts (organization_id, environment, issuer_id, status, count)
    select organization_id, environment, coalesce(issuer_id, ''), ${sql.raw(shown)}, count(*) from certificates
    group by 1, 2, 3, 4`.execute(db)
}

const shownOf = (row: string) =>
  `case when ${row}.lapsed = 1 and ${row}.status = 'issued' then 'expired' else ${row}.status end`
const increase = `insert into certificate_counts (organization_id, environment, issuer_id, status, count)
  values (new.organization_id, new.environment, coalesce(new.issuer_id, ''), ${shownOf('new')}, 1)
  on conflict (organization_id, environment, issuer_id, status) do update set count = certificate_counts.count + 1;`
const decrease = `update certificate_counts set count = count - 1
  where organization_id = old.organization_id and environment = old.environment
    and issuer_id = coalesce(old.issuer_id, '') and status = ${shownOf('old')};`
const counted = 'update of status, lapsed, issuer_id, environment, organization_id'

/**
 * SQLite's own index of trigrams. The rows of an organization are neighbors, by its number and that of the
 * certificate, so that a search reads its part alone. Two line breaks at the end let every two letters begin a trigram.
 */
const sqliteStatements = [
  `create trigger certificates_counted_insert after insert on certificates begin ${increase} end`,
  `create trigger certificates_counted_update after ${counted} on certificates begin ${decrease} ${increase} end`,
  `create trigger certificates_counted_delete after delete on certificates begin ${decrease} end`,
  `create table search_spaces (number integer primary key, organization_id text not null unique)`,
  `create table certificate_search (key integer primary key, certificate_id text not null unique, text text not null)`,
  `create virtual table certificate_trigrams using fts5(text, content='certificate_search', content_rowid='key',
    tokenize='trigram case_sensitive 1', detail=none, columnsize=0)`,
  `create virtual table certificate_terms using fts5vocab('certificate_trigrams', 'row')`,
  `create trigger certificates_searched_insert after insert on certificates begin
    insert into search_spaces (organization_id) select new.organization_id
      where not exists (select 1 from search_spaces where organization_id = new.organization_id);
    insert into certificate_search (key, certificate_id, text)
      select number * 4294967296 + new.number, new.id, new.search_text || char(10, 10) from search_spaces
      where organization_id = new.organization_id;
  end`,
  `create trigger certificates_searched_update after update of search_text on certificates
    when new.search_text <> old.search_text begin
    update certificate_search set text = new.search_text || char(10, 10) where certificate_id = new.id;
  end`,
  `create trigger certificates_searched_delete after delete on certificates begin
    delete from certificate_search where certificate_id = old.id;
  end`,
  `create trigger certificate_search_insert after insert on certificate_search begin
    insert into certificate_trigrams (rowid, text) values (new.key, new.text);
  end`,
  `create trigger certificate_search_update after update on certificate_search begin
    insert into certificate_trigrams (certificate_trigrams, rowid, text) values ('delete', old.key, old.text);
    insert into certificate_trigrams (rowid, text) values (new.key, new.text);
  end`,
  `create trigger certificate_search_delete after delete on certificate_search begin
    insert into certificate_trigrams (certificate_trigrams, rowid, text) values ('delete', old.key, old.text);
  end`,
  `insert into search_spaces (organization_id) select distinct organization_id from certificates`,
  `insert into certificate_search (key, certificate_id, text)
    select search_spaces.number * 4294967296 + certificates.number, id, search_text || char(10, 10)
    from certificates join search_spaces using (organization_id) order by 1`,
]

/**
 * PostgreSQL's index of arrays, which needs no extension: of three characters each, of the organization, and of one or
 * two characters that are not digits of serial numbers and fingerprints, which nearly every certificate has.
 */
const postgresStatements = [
  `create or replace function count_certificate() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then ${decrease} end if;
    if tg_op <> 'DELETE' then ${increase} end if;
    return null;
  end $$`,
  `create trigger certificates_counted after insert or delete or ${counted} on certificates
    for each row execute function count_certificate()`,
  `create table certificate_search (certificate_id text primary key, organization_id text not null, text text not null)`,
  `create or replace function certificate_grams(organization text, content text) returns text[]
    language sql immutable parallel safe as $$
    select array_agg(gram) from (
      select 'organization ' || organization as gram
      union all select substr(content, start, 3) from generate_series(1, length(content) - 2) as start
      union all select * from (select distinct substr(content, start, width)
        from generate_series(1, length(content)) as start, generate_series(1, 2) as width) as short (gram)
        where gram ~ '[^0-9a-f]'
    ) as grams $$`,
  `create or replace function keep_certificate_text() returns trigger language plpgsql as $$ begin
    if tg_op = 'DELETE' then
      delete from certificate_search where certificate_id = old.id;
    else
      insert into certificate_search (certificate_id, organization_id, text)
        values (new.id, new.organization_id, new.search_text)
        on conflict (certificate_id) do update set text = excluded.text;
    end if;
    return null;
  end $$`,
  `create trigger certificates_searched after insert or delete or update of search_text on certificates
    for each row execute function keep_certificate_text()`,
  `insert into certificate_search (certificate_id, organization_id, text)
    select id, organization_id, search_text from certificates`,
  `create index certificate_search_grams on certificate_search
    using gin (certificate_grams(organization_id, text))`,
]
