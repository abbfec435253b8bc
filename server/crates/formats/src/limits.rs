//! How much one body may hold: a byte limit alone is not enough, two bytes of protobuf can claim a whole span.

/// Caps on what is kept of one body. What is over is left out and counted, never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Spans (or log records) in a body; those after it are refused.
    pub spans: usize,
    /// Attributes of one span, event, link, resource or scope.
    pub attributes: usize,
    /// Events of one span.
    pub events: usize,
    /// Links of one span.
    pub links: usize,
    /// Bytes of one text or bytes value; longer ones are cut at a character's start.
    pub value_bytes: usize,
    /// Levels of lists and maps inside an attribute; deeper ones become opaque.
    pub depth: usize,
    /// Attributes, events, links and list elements of a whole body; list elements at most an eighth of it, because a
    /// single one may hold nothing and still take room.
    pub items: usize,
    /// Values of a JSON text (an attribute has four); one with more is not read. Each costs about 56 bytes.
    pub values: usize,
}

impl Limits {
    /// For files that the user chose: twenty times as much, because nobody else can make them large.
    pub fn for_files() -> Limits {
        let body = Limits::default();
        Limits { spans: 20 * body.spans, items: 20 * body.items, values: 20 * body.values, ..body }
    }

    /// List elements of a whole body.
    pub(crate) fn elements(&self) -> usize {
        self.items / 8
    }

    /// For what was held to limits before.
    pub(crate) fn none() -> Limits {
        let most = usize::MAX;
        Limits {
            spans: most,
            attributes: most,
            events: most,
            links: most,
            value_bytes: most,
            items: most,
            values: most,
            depth: 128,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            spans: 50_000,
            attributes: 128,
            events: 128,
            links: 128,
            value_bytes: 64 * 1024,
            depth: 32,
            items: 1_000_000,
            values: 4_000_000,
        }
    }
}
