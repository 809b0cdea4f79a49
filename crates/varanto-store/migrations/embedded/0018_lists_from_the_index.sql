-- A client's list is decided document by document. All that decides, and all that a list asks for by columns, stands
-- in the index in which the rows of one client stand together: the table, where they are scattered, is read for what
-- is shown.
DROP INDEX version_by_client;
CREATE INDEX version_by_client ON document_version (
    client_key, written_at, version_key, state, document_group, form, controller, unit, service_task, specific_type,
    set_key, version, case_key, relationship_key, main_key, general_type, organiser, archived_at, content_bytes,
    arrival, leaf, oid
);
