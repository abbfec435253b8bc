//! Numbers for frames and lists of variables that clients hold and ask with.
//!
//! A number is never given twice in a session, so that one from an earlier stop finds either what it named or
//! nothing. The oldest are forgotten.

use std::collections::{HashMap, VecDeque};

use replay::{Container, Position, SpanIndex};

/// How many numbers are remembered: several times what a client shows at once.
const MAX_REMEMBERED: usize = 200_000;

/// A frame of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FrameHandle {
    pub span: SpanIndex,
    pub position: Position,
}

/// What a number stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Named {
    Frame(FrameHandle),
    Container(Container),
    /// A frame that can be asked nothing: a label.
    Label,
    /// A moment to go to.
    Moment(Position),
}

/// The numbers of one session, from 1.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    last: i32,
    named: HashMap<i32, Named>,
    numbers: HashMap<Named, i32>,
    order: VecDeque<i32>,
}

impl Handles {
    /// The number of a frame.
    pub(crate) fn frame(&mut self, span: SpanIndex, position: Position) -> i64 {
        self.number(Named::Frame(FrameHandle { span, position }))
    }

    /// A number for a label between frames.
    pub(crate) fn label(&mut self) -> i64 {
        self.number(Named::Label)
    }

    /// The number of a list of variables.
    pub(crate) fn container(&mut self, container: Container) -> i64 {
        self.number(Named::Container(container))
    }

    /// The number of a moment.
    pub(crate) fn moment(&mut self, position: Position) -> i64 {
        self.number(Named::Moment(position))
    }

    /// The frame of that number.
    pub(crate) fn frame_of(&self, number: i64) -> Option<FrameHandle> {
        match self.find(number)? {
            Named::Frame(frame) => Some(*frame),
            _ => None,
        }
    }

    /// The list of that number.
    pub(crate) fn container_of(&self, number: i64) -> Option<&Container> {
        match self.find(number)? {
            Named::Container(container) => Some(container),
            _ => None,
        }
    }

    /// The moment of that number.
    pub(crate) fn moment_of(&self, number: i64) -> Option<Position> {
        match self.find(number)? {
            Named::Moment(position) => Some(*position),
            _ => None,
        }
    }

    fn find(&self, number: i64) -> Option<&Named> {
        self.named.get(&i32::try_from(number).ok()?)
    }

    fn number(&mut self, named: Named) -> i64 {
        if let Some(number) = self.numbers.get(&named) {
            return i64::from(*number);
        }
        if self.order.len() == MAX_REMEMBERED
            && let Some(forgotten) = self.order.pop_front().and_then(|oldest| self.named.remove(&oldest))
        {
            self.numbers.remove(&forgotten);
        }
        // Numbers have to stay below 2^31; two thousand million of one session wrap around to long-forgotten ones.
        self.last = self.last.checked_add(1).unwrap_or(1);
        self.numbers.insert(named.clone(), self.last);
        self.named.insert(self.last, named);
        self.order.push_back(self.last);
        i64::from(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_one_thing_and_the_oldest_are_forgotten() {
        let mut handles = Handles::default();
        let first = handles.frame(0, 0);
        assert_eq!(handles.frame(0, 0), first);
        for span in 1..=MAX_REMEMBERED as u32 {
            handles.frame(span, 0);
        }
        assert_eq!(handles.frame_of(first), None);
        assert_eq!(handles.frame_of(first + 1), Some(FrameHandle { span: 1, position: 0 }));
        assert_eq!(handles.container_of(first + 1), None);
        assert!(handles.frame_of(i64::MAX).is_none() && handles.frame_of(-1).is_none());
    }
}
