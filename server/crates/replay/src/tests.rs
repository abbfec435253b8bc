//! Whole recordings: order, threads, stacks, steps, breakpoints, variables; and random traces against the promises.

mod breakpoints;
mod frames;
mod lanes;
mod order;
mod random;
mod steps;
mod variables;

use std::fmt::Write;

use crate::{MomentKind, Position, Recording, wording};

/// One line a moment: when, what, and on which thread.
fn moments(recording: &Recording) -> String {
    (0..=recording.last()).map(|position| moment(recording, position) + "\n").collect()
}

fn moment(recording: &Recording, position: Position) -> String {
    let moment = recording.moment(position);
    let name = &recording.span(moment.span).name;
    let what = match moment.kind {
        MomentKind::Call => format!("call {name}"),
        MomentKind::Start => format!("start {name}"),
        MomentKind::Event(number) => {
            format!(
                "event {} of {name}",
                recording.event(moment.span, number).map_or("?", |event| event.name)
            )
        }
        MomentKind::End => format!("end {name}"),
    };
    format!("{} {what}", wording::offset(recording.offset(moment.time)))
}

/// Every thread and its stack at `position`, innermost first.
fn stacks(recording: &Recording, position: Position) -> String {
    let mut text = String::new();
    for (lane, named) in recording.lanes().iter().enumerate() {
        let _ = writeln!(text, "{}", named.name);
        for frame in recording.stack(lane as u32, position, 0, usize::MAX).frames {
            let line = frame.line.map(|line| format!(" at {}:{}", line.file, line.line + 1));
            let _ = writeln!(text, "  {}{}", frame.name, line.unwrap_or_default());
        }
    }
    text
}
