-- Version 6: the source of a license is named as everywhere else.

ALTER TABLE license RENAME COLUMN touchpoint TO license_source;
