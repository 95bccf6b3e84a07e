-- Version 5: links by the tenant that they lead to, to be erased with it, and counted.

CREATE INDEX linked_to ON installation (json_extract(record, '$.tenant')) WHERE status = 'linked';
