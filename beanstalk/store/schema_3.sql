-- What schema 3 adds: instances that do not answer on this machine's own address.
ALTER TABLE instances ADD COLUMN host TEXT NOT NULL DEFAULT '127.0.0.1';
