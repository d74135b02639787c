-- What schema 2 adds to schema 1. Columns are the fields of attachments.py, in their order.
CREATE TABLE lifecycles (
    application TEXT PRIMARY KEY REFERENCES applications (name), policy_json TEXT NOT NULL, applied REAL NOT NULL);

CREATE TABLE saved_configurations (
    application TEXT NOT NULL REFERENCES applications (name), name TEXT NOT NULL, content TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL, PRIMARY KEY (application, name));

CREATE TABLE tags (
    environment_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (environment_id, key));
