"""Landing files to a typed staging table, for each raw feed.

`landing` finds the files, `presets` says what a format's columns mean, `inspection` looks at each file before
anything is read, `csv_text`, `json_text` and `parquet_text` bring the records into DuckDB as text, `typing_sql` reads
the text as the contract's types, and `reader.stage_feed` puts these together. Not here: opening a database
(`storage`), what is readable but impossible (`clean`), and when to read (`assets`, `automation`).
"""
