//! One connection: what the client is, what is loaded, and which request may be answered when.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use dap_types::{
    events::{Event, ProgressEndEventBody, ProgressStartEventBody},
    requests::{CancelArguments, Command},
};
use futures::future::BoxFuture;
use model::SpanId;
use serde_json::Value;

use crate::{
    client::Client,
    library::{LaunchRequest, Library, Loaded},
    messages,
    player::Player,
    reply::{Answer, Reply},
    requests::{self, launch::Launch},
    wire::{Failure, Incoming, Outbox, Received, Request},
};

/// Requests that wait for a trace to be loaded; more than any client sends meanwhile.
const MAX_WAITING: usize = 1_000;

/// The progress that is shown while a trace is loaded; there is one a session at a time.
const LOADING: &str = "spanglass.loading";

/// A trace on its way.
pub(crate) type Load = BoxFuture<'static, Result<Loaded, String>>;

/// The state of one connection.
pub(crate) struct Session {
    library: Arc<dyn Library>,
    outbox: Outbox,
    client: Client,
    phase: Phase,
    /// Present from the moment at which a trace is loaded.
    player: Option<Player>,
    waiting: VecDeque<Incoming>,
    /// What the connection has to do about loading: begin, or stop.
    load: Option<Option<Load>>,
}

/// How far a session has come.
enum Phase {
    /// Nothing is loaded.
    New,
    /// A launch request waits for its trace.
    Loading { seq: i64, launch: Launch },
    /// A trace is replayed.
    Playing,
    /// The client ended the replay, and has yet to disconnect.
    Terminated,
    /// The connection can be closed.
    Over,
}

impl Session {
    /// Waits for `initialize`.
    pub(crate) fn new(library: Arc<dyn Library>) -> Session {
        Session {
            library,
            outbox: Outbox::default(),
            client: Client::default(),
            phase: Phase::New,
            player: None,
            waiting: VecDeque::new(),
            load: None,
        }
    }

    /// Takes what one frame held; answers with what is to be written.
    pub(crate) fn receive(&mut self, received: Received) -> Vec<Value> {
        match received {
            Received::Request(request) => self.request(request),
            Received::Other => {}
            Received::Malformed(why) => self.outbox.event(messages::stderr(&why)),
        }
        self.outbox.take()
    }

    /// Takes the trace that was being loaded; answers with what is to be written.
    pub(crate) fn loaded(&mut self, loaded: Result<Loaded, String>) -> Vec<Value> {
        let Phase::Loading { seq, launch } = std::mem::replace(&mut self.phase, Phase::New) else {
            return Vec::new();
        };
        self.end_progress();
        match loaded {
            Err(why) => self.outbox.answer_to(seq, "launch", Err(Failure::shown(why))),
            Ok(loaded) => {
                self.outbox.answer_to(seq, "launch", Ok(None));
                self.player = Some(Player::new(loaded, &launch));
                self.phase = Phase::Playing;
                self.outbox.event(Event::Initialized);
            }
        }
        while let Some(request) = self.waiting.pop_front() {
            self.request(request);
        }
        self.outbox.take()
    }

    /// A load to begin, `Some(None)` to give up the one under way, or nothing to do.
    pub(crate) fn take_load(&mut self) -> Option<Option<Load>> {
        self.load.take()
    }

    /// Whether the client has said goodbye.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    fn request(&mut self, request: Incoming) {
        // One request that fails badly costs its answer, not the session.
        let answer = catch_unwind(AssertUnwindSafe(|| self.handle(&request)));
        let answer = answer.unwrap_or_else(|_| {
            tracing::error!(command = %request.command, "a debug request failed badly");
            Handled::Now(Err(Failure::shown("this request failed inside the adapter; the log says more")))
        });
        match answer {
            Handled::Now(Ok(reply)) => {
                self.outbox.answer(&request, Ok(reply.body));
                reply.events.into_iter().for_each(|event| self.outbox.event(event));
            }
            Handled::Now(Err(failure)) => self.outbox.answer(&request, Err(failure)),
            Handled::Later => {}
            Handled::AfterLoading if self.waiting.len() < MAX_WAITING => self.waiting.push_back(request),
            Handled::AfterLoading => {
                self.outbox
                    .answer(&request, Err(Failure::quiet("too many requests wait for the trace to load")));
            }
        }
    }

    fn handle(&mut self, request: &Incoming) -> Handled {
        let command = match &request.request {
            Request::Bad(why) => {
                return Failure::quiet(format!("bad arguments for '{}': {why}", request.command)).into();
            }
            Request::Known(command) => command.as_ref(),
            Request::Other(_) if !request.command.starts_with("spanglass/") => {
                return Failure::quiet(format!("unknown request '{}'", request.command)).into();
            }
            Request::Other(arguments) => {
                let arguments = arguments.clone();
                return self.play(|player, client| {
                    requests::custom::handle(player, client, &request.command, &arguments)
                });
            }
        };
        match command {
            Command::Initialize(arguments) => {
                self.client = Client::of(arguments);
                requests::initialize::capabilities().into()
            }
            Command::Launch(arguments) => self.launch(request.seq, Launch::read(arguments.additional_data.as_ref())),
            Command::Attach(_) => Failure::shown(
                "attaching to live traffic is not possible yet; launch with a traceId, a file, or find instead",
            )
            .into(),
            Command::Cancel(arguments) => self.cancel(arguments),
            Command::Disconnect(_) => {
                self.give_up_loading("the session was disconnected");
                self.phase = Phase::Over;
                Reply::empty().into()
            }
            Command::Terminate(_) => {
                self.give_up_loading("the session was terminated");
                self.phase = Phase::Terminated;
                Reply::empty().then(Event::Terminated(None)).into()
            }
            command => self.play(|player, client| requests::handle(player, client, command)),
        }
    }

    /// Answers a request that needs a trace.
    fn play(&mut self, answer: impl FnOnce(&mut Player, &Client) -> Answer) -> Handled {
        match (&self.phase, &mut self.player) {
            (Phase::Loading { .. }, _) => Handled::AfterLoading,
            (Phase::Playing, Some(player)) => Handled::Now(answer(player, &self.client)),
            (Phase::Terminated | Phase::Over, _) => Failure::quiet("the replay has ended").into(),
            _ => Failure::quiet("no trace is loaded: send a launch request first").into(),
        }
    }

    fn launch(&mut self, seq: i64, launch: Result<Launch, String>) -> Handled {
        if !matches!(self.phase, Phase::New) {
            return Failure::shown("a session replays one trace; start another session for another trace")
                .into();
        }
        let launch = match launch {
            Ok(launch) => launch,
            Err(why) => return Failure::shown(why).into(),
        };
        let request = LaunchRequest { target: launch.target.clone(), workspace: launch.workspace.clone() };
        self.load = Some(Some(self.library.load(request)));
        self.phase = Phase::Loading { seq, launch };
        if self.client.shows_progress {
            self.outbox.event(Event::ProgressStart(ProgressStartEventBody {
                progress_id: LOADING.to_owned(),
                title: "Loading the trace".to_owned(),
                request_id: Some(seq),
                cancellable: Some(true),
                ..ProgressStartEventBody::default()
            }));
        }
        Handled::Later
    }

    /// Only loading takes long enough to be cancelled; whatever else is named has been answered already.
    fn cancel(&mut self, arguments: &CancelArguments) -> Handled {
        let of_loading = match &self.phase {
            Phase::Loading { seq, .. } => {
                arguments.request_id == Some(*seq) || arguments.progress_id.as_deref() == Some(LOADING)
            }
            _ => false,
        };
        if of_loading {
            self.give_up_loading("cancelled");
        } else if let Some(id) = arguments.request_id {
            let place = self.waiting.iter().position(|request| request.seq == id);
            if let Some(waiting) = place.and_then(|place| self.waiting.remove(place)) {
                self.outbox.answer(&waiting, Err(Failure::quiet("cancelled")));
            }
        }
        Reply::empty().into()
    }

    /// Answers the launch that is under way, and everything that waits for it.
    fn give_up_loading(&mut self, why: &str) {
        let Phase::Loading { seq, .. } = self.phase else { return };
        self.phase = Phase::New;
        self.load = Some(None);
        self.end_progress();
        self.outbox.answer_to(seq, "launch", Err(Failure::quiet(why)));
        for waiting in std::mem::take(&mut self.waiting) {
            self.outbox.answer(&waiting, Err(Failure::quiet(why)));
        }
    }

    fn end_progress(&mut self) {
        if self.client.shows_progress {
            let progress_id = LOADING.to_owned();
            self.outbox.event(Event::ProgressEnd(ProgressEndEventBody { progress_id, message: None }));
        }
    }
}

/// What becomes of a request.
enum Handled {
    /// It is answered.
    Now(Answer),
    /// The answer comes with the trace.
    Later,
    /// It is asked again when the trace is there.
    AfterLoading,
}

impl From<Reply> for Handled {
    fn from(reply: Reply) -> Handled {
        Handled::Now(Ok(reply))
    }
}

impl From<Failure> for Handled {
    fn from(failure: Failure) -> Handled {
        Handled::Now(Err(failure))
    }
}

/// The span that a client names, when it is an identifier.
pub(crate) fn span_id(text: &str) -> Result<SpanId, String> {
    SpanId::from_hex(text.trim()).map_err(|error| format!("spanId {text:?} is no span's identifier: {error}"))
}
