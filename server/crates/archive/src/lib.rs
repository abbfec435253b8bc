//! Spans on disk: append, expire, reload. Sole owner of the data folder.
