//! The two queues in front of the hub: requests, which are answered first, and telemetry, which is bounded.

use std::{
    collections::VecDeque,
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use formats::Clean;
use tokio::sync::oneshot;

use crate::{Change, HubSettings, Snapshot, Telemetry};

/// Where a snapshot goes.
pub(crate) type Reply = oneshot::Sender<Snapshot>;

/// What is done in the order in which it was asked for.
#[derive(Debug)]
pub(crate) enum Request {
    Change(Change),
    Snapshot(Reply),
}

/// What the hub does next.
#[derive(Debug)]
pub(crate) enum Work {
    /// All requests that were waiting; never empty.
    Requests(VecDeque<Request>),
    /// Telemetry that arrived first, or a part of it.
    Telemetry(Telemetry),
    /// All telemetry that was offered before this was asked for has been handed out.
    Snapshot(Reply),
    /// Nothing came in the time given.
    Quiet,
    /// Nobody is left to ask, and nothing is left to do.
    End,
}

/// Both queues. Requests are not bounded: they come from one editor and one scan of the workspace, and none may be
/// lost. Telemetry is bounded by items and by bytes.
#[derive(Debug)]
pub(crate) struct Queue {
    settings: HubSettings,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct State {
    requests: VecDeque<Request>,
    telemetry: VecDeque<Waiting>,
    /// Spans and log records in `telemetry`.
    items: usize,
    bytes: usize,
    is_closed: bool,
}

#[derive(Debug)]
enum Waiting {
    Telemetry { rest: Telemetry, bytes: usize },
    Snapshot(Reply),
}

impl Queue {
    pub(crate) fn new(settings: HubSettings) -> Queue {
        Queue { settings, state: Mutex::default(), arrived: Condvar::new() }
    }

    /// Appends a request, unless the hub has ended.
    pub(crate) fn push(&self, request: Request) {
        let mut state = self.lock();
        if !state.is_closed {
            state.requests.push_back(request);
            self.arrived.notify_one();
        }
    }

    /// Appends telemetry; false, and nothing taken, when there is no room. What is larger than the whole queue has room
    /// when the queue is empty.
    pub(crate) fn offer(&self, clean: Clean) -> bool {
        let of_spans = clean.bytes();
        let rest = Telemetry::from(clean);
        let items = rest.items();
        let bytes = of_spans + rest.logs.iter().map(store::log_bytes).sum::<usize>();
        let mut state = self.lock();
        let fits = state.items + items <= self.settings.max_queued_items
            && state.bytes + bytes <= self.settings.max_queued_bytes;
        if state.is_closed || !(fits || state.items == 0) {
            return false;
        }
        state.items += items;
        state.bytes += bytes;
        state.telemetry.push_back(Waiting::Telemetry { rest, bytes });
        self.arrived.notify_one();
        true
    }

    /// Asks for a snapshot after all telemetry that is queued now.
    pub(crate) fn push_behind_telemetry(&self, reply: Reply) {
        let mut state = self.lock();
        if !state.is_closed {
            state.telemetry.push_back(Waiting::Snapshot(reply));
            self.arrived.notify_one();
        }
    }

    /// Nothing more is accepted; what is queued is still handed out.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_one();
    }

    /// Spans and log records that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().items
    }

    /// Waits for something to do, at most for `patience`; `None` waits as long as it takes.
    pub(crate) fn next(&self, patience: Option<Duration>) -> Work {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.take(self.settings.chunk) {
                return work;
            }
            let Some(patience) = patience else {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = self.arrived.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() {
                return state.take(self.settings.chunk).unwrap_or(Work::Quiet);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, chunk: usize) -> Option<Work> {
        if !self.requests.is_empty() {
            return Some(Work::Requests(mem::take(&mut self.requests)));
        }
        match self.telemetry.pop_front() {
            None => self.is_closed.then_some(Work::End),
            Some(Waiting::Snapshot(reply)) => Some(Work::Snapshot(reply)),
            Some(Waiting::Telemetry { rest, bytes }) => Some(Work::Telemetry(self.cut(rest, bytes, chunk))),
        }
    }

    /// The first part of `rest`; what follows goes back to the front.
    fn cut(&mut self, mut rest: Telemetry, bytes: usize, chunk: usize) -> Telemetry {
        let first = rest.split(chunk.max(1));
        self.items -= first.items();
        if rest.items() > 0 {
            self.telemetry.push_front(Waiting::Telemetry { rest, bytes });
        } else {
            self.bytes -= bytes;
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use model::Batch;

    use super::*;
    use crate::testing::span;

    fn batch(spans: u64) -> Clean {
        let spans = (1..=spans).map(|id| span(1, id, 0).into()).collect();
        Batch { spans, ..Batch::default() }.into()
    }

    fn queue(max_queued_items: usize) -> Queue {
        Queue::new(HubSettings { max_queued_items, chunk: 2, ..HubSettings::default() })
    }

    fn sizes(queue: &Queue) -> Vec<usize> {
        let next = || match queue.next(Some(Duration::ZERO)) {
            Work::Telemetry(part) => Some(part.items()),
            _ => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn telemetry_comes_in_order_and_in_small_parts() {
        let queue = queue(100);
        assert!(queue.offer(batch(5)));
        assert!(queue.offer(batch(1)));
        assert_eq!(queue.waiting(), 6);
        assert_eq!(sizes(&queue), [2, 2, 1, 1]);
        assert_eq!((queue.waiting(), queue.lock().bytes), (0, 0));
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let queue = queue(4);
        assert!(queue.offer(batch(3)));
        assert!(!queue.offer(batch(2)));
        assert!(queue.offer(batch(1)));
        assert_eq!(sizes(&queue), [2, 1, 1]);
        assert!(queue.offer(batch(9)), "alone, even a large batch has room");
        assert!(!queue.offer(batch(1)));
    }

    #[test]
    fn requests_pass_telemetry() {
        let queue = queue(100);
        queue.offer(batch(4));
        queue.push(Request::Change(Change::Tick));
        queue.push(Request::Change(Change::WorkspaceRead));
        assert!(matches!(queue.next(None), Work::Requests(requests) if requests.len() == 2));
        assert!(matches!(queue.next(None), Work::Telemetry(_)));
        queue.push(Request::Change(Change::Tick));
        assert!(matches!(queue.next(None), Work::Requests(_)), "even between the parts of one batch");
    }

    #[test]
    fn a_closed_queue_hands_out_what_it_holds() {
        let queue = queue(100);
        queue.offer(batch(1));
        queue.close();
        queue.push(Request::Change(Change::Tick));
        assert!(!queue.offer(batch(1)));
        assert!(matches!(queue.next(None), Work::Telemetry(_)));
        assert!(matches!(queue.next(None), Work::End));
    }
}
