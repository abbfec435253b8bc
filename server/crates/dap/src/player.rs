//! A loaded trace under replay: the engine's session, where its code is, and the numbers given to the client.

use std::path::Path;

use dap_types::types::{PresentationHint, Source};
use replay::{Arrival, Cause, LaneIndex, Line, Position, Recording, Session, SpanIndex};

use crate::{
    Paths,
    client::Client,
    handles::{FrameHandle, Handles},
    library::Loaded,
    requests::launch::Launch,
    wire::Failure,
};

/// What requests of a running replay work on.
pub(crate) struct Player {
    pub session: Session,
    pub paths: Paths,
    pub handles: Handles,
    /// Whether the client has said that its breakpoints are set.
    pub configured: bool,
    /// Whether to stop where the replay begins; `None` leaves it to the breakpoints.
    pub stop_on_entry: Option<bool>,
    /// Notes for the console, said once when the replay begins.
    pub notes: Vec<String>,
}

impl Player {
    /// Stands where the launch asked.
    pub(crate) fn new(loaded: Loaded, launch: &Launch) -> Player {
        let Loaded { recording, paths, found } = loaded;
        let mut notes = Vec::new();
        let mut entry = found;
        if let Some(id) = launch.span_id {
            match recording.find(id) {
                Some(_) => entry = Some(id),
                None => notes
                    .push(format!("span {id} is not in this trace; the replay begins at the trace's start")),
            }
        }
        if recording.duplicate_spans() > 0 {
            notes.push(format!("{} spans were sent twice and are shown once", recording.duplicate_spans()));
        }
        // A span that was asked for is where the person wants to be.
        let stop_on_entry = launch.stop_on_entry.or(entry.map(|_| true));
        let session = Session::new(recording, entry);
        Player { session, paths, handles: Handles::default(), configured: false, stop_on_entry, notes }
    }

    /// The trace.
    pub(crate) fn recording(&self) -> &Recording {
        self.session.recording()
    }

    /// The lane of a thread's number; an error for a number that no thread has.
    pub(crate) fn lane(&self, thread_id: i64) -> Result<LaneIndex, Failure> {
        let lanes = self.recording().lanes().len() as i64;
        let lane = thread_id.checked_sub(1).filter(|lane| (0..lanes).contains(lane));
        let lane = lane.and_then(|lane| LaneIndex::try_from(lane).ok());
        lane.ok_or_else(|| Failure::quiet(format!("there is no thread {thread_id}")))
    }

    /// The frame of a number; without one, the frame on top of the stack.
    pub(crate) fn frame(&self, number: Option<i64>) -> Result<FrameHandle, Failure> {
        match number {
            Some(number) => {
                let stale = || Failure::quiet(format!("frame {number} is not one of this stop"));
                self.handles.frame_of(number).ok_or_else(stale)
            }
            None => {
                let position = self.session.position();
                Ok(FrameHandle { span: self.recording().top(position), position })
            }
        }
    }

    /// The source of a line and the line as the client counts; `None` when the file is in no known folder.
    pub(crate) fn source_line(&self, client: &Client, line: &Line) -> Option<(Source, i64)> {
        let path = self.paths.path(&line.file)?;
        Some((file_source(client, &path), client.line_out(line.line)))
    }

    /// The generated document of a span.
    pub(crate) fn document(&self, span: SpanIndex) -> Source {
        let name = self.recording().document_name(span);
        Source {
            path: Some(name.clone()),
            name: Some(name),
            source_reference: i32::try_from(span).ok().and_then(|span| span.checked_add(1)),
            presentation_hint: Some(PresentationHint::DeEmphasize),
            origin: Some("span without a place in this workspace".to_owned()),
            ..Source::default()
        }
    }

    /// The index's key of a file that the client names; `None` for generated documents and files elsewhere.
    pub(crate) fn file_key(&self, client: &Client, source: &Source) -> Option<String> {
        if source.source_reference.is_some_and(|reference| reference > 0) {
            return None;
        }
        self.paths.key(&client.path_in(source.path.as_deref()?))
    }

    /// The replay as it stands, as if it had just come here.
    pub(crate) fn here(&self, cause: Cause) -> Arrival {
        let position: Position = self.session.position();
        Arrival { position, cause, hits: Vec::new(), logs: Vec::new(), logs_dropped: 0 }
    }
}

/// A file on disk.
pub(crate) fn file_source(client: &Client, path: &Path) -> Source {
    Source {
        name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
        path: Some(client.path_out(path)),
        ..Source::default()
    }
}
