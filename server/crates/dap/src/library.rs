//! Where recordings come from: the door through which the surface asks the rest of the program.

use std::{path::PathBuf, sync::Arc};

use futures::future::BoxFuture;
use model::{SpanId, TraceId};
use replay::Recording;

use crate::Paths;

/// Finds the recording that a launch request means. Implemented where traces, files and code are known.
pub trait Library: Send + Sync + 'static {
    /// The recording, or one sentence for the person in front of the editor: what is wrong, and what to do.
    ///
    /// Dropped when the client goes away or cancels before it is done. Heavy work belongs on a blocking thread:
    /// the session answers other requests meanwhile.
    fn load(&self, request: LaunchRequest) -> BoxFuture<'static, Result<Loaded, String>>;
}

/// What a client asks to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchRequest {
    /// Which trace.
    pub target: Target,
    /// The folder that holds the code; `None` when the client did not say.
    pub workspace: Option<PathBuf>,
}

/// Which trace is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The trace of that identifier.
    Trace(TraceId),
    /// A trace in a file of any format that can be imported.
    File {
        /// As the client wrote it: absolute, or relative to the workspace.
        path: PathBuf,
        /// Which of the file's traces; without it the one that has most spans.
        trace: Option<TraceId>,
    },
    /// A recent trace that is looked for.
    Find {
        /// Which one of those that fit.
        which: Which,
        /// Only traces that ran the function around this line: a path as the client wrote it, and a 1-based line.
        at: Option<(PathBuf, u32)>,
        /// Only traces with a span that meets this condition; it has been parsed without an error.
        query: Option<String>,
    },
}

/// Which of several traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one whose span took longest.
    Slowest,
    /// The one that ended last.
    Latest,
    /// The last in which a span failed.
    Failing,
}

/// A recording, and where its code is.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The trace.
    pub recording: Arc<Recording>,
    /// Where the files of its index are.
    pub paths: Paths,
    /// The span that was looked for; the session starts there unless the client names another.
    pub found: Option<SpanId>,
}
