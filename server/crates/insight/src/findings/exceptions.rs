//! Exceptions, on the line that threw them.

use std::collections::BTreeMap;

use source::SourceFile;
use world::Snapshot;

use super::{Code, Finding, Related};
use crate::{thrown::thrown_at, visible::visible};

/// Spans that recorded one exception, named as related.
const MAX_RELATED: usize = 3;

/// One remark for each type and line. An exception that travels up through several spans was thrown once: the span
/// that saw most of them counts.
pub(super) fn find(snapshot: &Snapshot, file: &SourceFile) -> Vec<Finding> {
    let mut found: BTreeMap<(u32, String), (u64, String, Vec<Related>)> = BTreeMap::new();
    for (shape, failure) in snapshot.failures.all(snapshot.window, snapshot.now) {
        let Some(place) = thrown_at(snapshot, &failure).filter(|place| place.file == file.path) else {
            continue;
        };
        let kind = if failure.kind.is_empty() { "error".into() } else { visible(&failure.kind, 80) };
        let (count, message, related) = found.entry((place.line, kind)).or_default();
        if failure.seen > *count {
            *count = failure.seen;
            *message = visible(&failure.message, 200);
        }
        // One exception is often told by an event and by a log record of the same function.
        let recorded = recorded_by(snapshot, shape, file, place.line);
        if let Some(place) = recorded.filter(|place| related.len() < MAX_RELATED && !related.contains(place))
        {
            related.push(place);
        }
    }
    found
        .into_iter()
        .map(|((line, kind), (count, message, related))| {
            let times = if count > 1 { format!(" ×{count}") } else { String::new() };
            let said = if message.is_empty() { String::new() } else { format!(": {message}") };
            Finding {
                code: Code::Exception,
                line,
                message: format!("{kind}{times}{said}"),
                related,
                subject: format!("{kind}: {message}"),
                count: count as f64,
            }
        })
        .collect()
}

/// The function whose span recorded it, unless that stands on the line itself.
fn recorded_by(
    snapshot: &Snapshot,
    shape: attribution::ShapeId,
    file: &SourceFile,
    line: u32,
) -> Option<Related> {
    let key = snapshot.table.placement(shape).filter(|placement| placement.is_shown())?.function.as_ref()?;
    let function = snapshot.index.function(key)?;
    let is_around = key.file == file.path && function.first_line() <= line && line <= function.last_line;
    let span = snapshot.table.shape(shape)?;
    (!is_around).then(|| Related {
        file: key.file.clone(),
        line: function.name_position.line,
        message: format!("recorded by `{}` in {}", visible(&span.name, 60), visible(&span.service, 40)),
    })
}
