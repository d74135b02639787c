-- What schema 3 adds: instances that do not answer on this machine's own address. An engine gives the address of a
-- container that ended to the next one at once, so only ports of this machine belong to one instance at a time.
ALTER TABLE instances ADD COLUMN host TEXT NOT NULL DEFAULT '127.0.0.1';
DROP INDEX living_port;
CREATE UNIQUE INDEX living_port ON instances (port) WHERE ended IS NULL AND host = '127.0.0.1' AND port > 0;
