-- What schema 4 adds: who runs what is to run once in a deployment, since when that is done, and of how many of an
-- instance's scripts there was an event.
ALTER TABLE deployments ADD COLUMN leader TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN leader_done REAL;
ALTER TABLE instances ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
