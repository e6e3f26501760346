/**
 * The tables of the store, as a list of steps that only grows: a step that was released is never changed. What applies
 * them is in `migrate.ts`.
 */

export interface Migration {
  /** 1, 2, 3, … */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'events, snapshots and outbox',
    statements: [
      // `json`, not `jsonb`: the fields come back in the order they were written in, and a text may hold what JavaScript
      // can (\u0000). What `position` promises is in `global-order.ts`.
      `create table store_events (
         position           bigint generated always as identity primary key,
         event_id           uuid not null,
         event_type         text not null,
         aggregate_type     text not null,
         aggregate_id       text not null,
         aggregate_version  integer not null check (aggregate_version >= 1),
         occurred_at        timestamptz not null,
         correlation_id     text not null,
         causation_id       text,
         tenant_id          text,
         actor_id           text,
         data               json not null,
         stored_at          timestamptz not null default now(),
         constraint store_events_version unique (aggregate_type, aggregate_id, aggregate_version),
         constraint store_events_id unique (event_id)
       )`,
      `create table store_snapshots (
         aggregate_type     text not null,
         aggregate_id       text not null,
         aggregate_version  integer not null,
         shape              integer not null,
         state              json not null,
         stored_at          timestamptz not null default now(),
         primary key (aggregate_type, aggregate_id)
       )`,
      // A row is there until Kafka has acknowledged its record. `lane` is what the order is kept in: one key of one topic.
      `create table store_outbox (
         id         bigint generated always as identity primary key,
         topic      text not null,
         lane       text not null,
         key        bytea,
         value      bytea,
         headers    json not null,
         stored_at  timestamptz not null default now()
       )`,
    ],
  },
  {
    version: 2,
    name: 'marks of handled records',
    statements: [
      // What a mark means is in `handled.ts`. The second index is for removing old ones.
      `create table store_handled (
         group_name  text not null,
         handler     text not null,
         record_id   text not null,
         handled_at  timestamptz not null default now(),
         primary key (group_name, handler, record_id)
       )`,
      'create index store_handled_at on store_handled (group_name, handled_at)',
    ],
  },
];
