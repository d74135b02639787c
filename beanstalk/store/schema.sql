-- Everything this machine remembers. Columns are the fields of records.py, in their order.
CREATE TABLE applications (name TEXT PRIMARY KEY, description TEXT NOT NULL, created REAL NOT NULL);

CREATE TABLE versions (
    application TEXT NOT NULL REFERENCES applications (name), label TEXT NOT NULL, digest TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, description TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (application, label));

CREATE TABLE environments (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, application TEXT NOT NULL REFERENCES applications (name),
    cname TEXT NOT NULL, platform TEXT NOT NULL, status TEXT NOT NULL, health TEXT NOT NULL,
    causes_json TEXT NOT NULL, version_label TEXT NOT NULL, deployment_id INTEGER NOT NULL, size INTEGER NOT NULL,
    slot INTEGER NOT NULL, settings_json TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    terminated REAL);
CREATE UNIQUE INDEX living_name ON environments (name) WHERE terminated IS NULL;
CREATE UNIQUE INDEX living_cname ON environments (cname) WHERE terminated IS NULL;
CREATE UNIQUE INDEX living_slot ON environments (slot) WHERE terminated IS NULL;

CREATE TABLE operations (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, environment_id TEXT NOT NULL, holder TEXT NOT NULL,
    created REAL NOT NULL, arguments_json TEXT NOT NULL, abort INTEGER NOT NULL, parent_id TEXT NOT NULL,
    outcome TEXT, cause TEXT NOT NULL, ended REAL);
CREATE INDEX open_operations ON operations (created) WHERE ended IS NULL;

-- One operation at a time: the primary key is the lease of the environment, and ends with the operation.
CREATE TABLE holds (environment_id TEXT PRIMARY KEY, operation_id TEXT NOT NULL REFERENCES operations (id));

CREATE TABLE deployments (
    id INTEGER PRIMARY KEY, environment_id TEXT NOT NULL, operation_id TEXT NOT NULL, number INTEGER NOT NULL,
    version_label TEXT NOT NULL, digest TEXT NOT NULL, platform TEXT NOT NULL, settings_json TEXT NOT NULL,
    workload_json TEXT NOT NULL, rollout_json TEXT NOT NULL, previous_id INTEGER NOT NULL, created REAL NOT NULL,
    phase TEXT NOT NULL, phase_since REAL NOT NULL, route INTEGER, cause TEXT NOT NULL, outcome TEXT, ended REAL,
    UNIQUE (environment_id, number));
CREATE INDEX open_deployments ON deployments (environment_id) WHERE ended IS NULL;

CREATE TABLE instances (
    id TEXT PRIMARY KEY, environment_id TEXT NOT NULL, deployment_id INTEGER NOT NULL, state TEXT NOT NULL,
    port INTEGER NOT NULL, created REAL NOT NULL, changed REAL NOT NULL, processes_json TEXT NOT NULL,
    started REAL, in_service REAL, ended REAL, failed INTEGER NOT NULL, cause TEXT NOT NULL);
CREATE INDEX living_instances ON instances (environment_id) WHERE ended IS NULL;
CREATE UNIQUE INDEX living_port ON instances (port) WHERE ended IS NULL;
CREATE INDEX failed_instances ON instances (deployment_id, ended) WHERE failed = 1;

CREATE TABLE events (
    at_ms INTEGER PRIMARY KEY, severity TEXT NOT NULL, message TEXT NOT NULL, application TEXT NOT NULL,
    environment TEXT NOT NULL, environment_id TEXT NOT NULL, version_label TEXT NOT NULL,
    operation_id TEXT NOT NULL);
CREATE INDEX events_of_environment ON events (environment_id, at_ms);
CREATE INDEX events_of_operation ON events (operation_id, at_ms);
