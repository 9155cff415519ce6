/**
 * The schema, one step per release that changed it; never edited once released. A database's `user_version` is the
 * number of steps that it has been through.
 */
export const migrations: readonly string[] = [
  `
  -- One queue of one environment.
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    queue TEXT NOT NULL,
    UNIQUE (environment, queue)
  );
  -- Up to 60 samples of a series at one level, packed (watch/block). start and stop are epoch ms of the first and last.
  CREATE TABLE block (
    series INTEGER NOT NULL,
    level INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    n INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (series, level, start)
  ) WITHOUT ROWID;
  CREATE INDEX block_age ON block (level, stop);
  CREATE TABLE mark (
    series INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL
  );
  CREATE INDEX mark_at ON mark (series, at);
  `,
]
