-- What schema 5 adds: environments that work off a queue.
ALTER TABLE environments ADD COLUMN tier TEXT NOT NULL DEFAULT 'WebServer';
ALTER TABLE environments ADD COLUMN queue_json TEXT NOT NULL DEFAULT '{}';
