//! Ranges and positions in source text, free of any editor's conventions.

/// A half-open range of bytes in a UTF-8 text. `start <= end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextRange {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A line and a column, both 0-based; the column's unit is what the caller asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinePosition {
    /// 0-based line.
    pub line: u32,
    /// 0-based column in the chosen encoding's units.
    pub column: u32,
}

impl TextRange {
    /// From `start` to `end`, in either order.
    pub fn new(start: u32, end: u32) -> TextRange {
        TextRange { start: start.min(end), end: start.max(end) }
    }

    /// Whether `offset` lies inside; the end is outside.
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// Whether `other` lies wholly inside.
    pub fn covers(self, other: TextRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Bytes from start to end.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether it holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}
